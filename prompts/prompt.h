/* What is asked of a model: from the parts of a question (text, handed down by the layers that know the code and the
 * session) to the exact system text and turns that are sent, cut to a budget of tokens.
 *
 * Parts are data. They are set into a template (prompts/template.h) once and never read for placeholders again; code is
 * fenced so that nothing in it can end the fence. What had to be left out is said, to the model at its place and to the
 * user in Prompt.cuts. Nothing here opens a file or a socket.
 *
 *     PromptRequest request = { .use = PROMPT_DISCUSS, .parts = ..., .question = STR("Is it exact?") };
 *     Prompt *prompt = prompt_make(&request, template_text, 28000, &err);
 *     prompt_show(prompt, &out);                       what --dry-run and the screen show
 *     Exchange *exchange = exchange_new(client, &profile, prompt, &err);    prompts/client.h */
#ifndef PROMPTS_PROMPT_H
#define PROMPTS_PROMPT_H

#include "core/base.h"

typedef enum PromptUse {
	PROMPT_DISCUSS, /* answers a question about a candidate */
	PROMPT_DRAFT,   /* a replacement for the span */
	PROMPT_SUGGEST, /* proposes candidates for a component */
	PROMPT_USES
} PromptUse;

/* All borrowed until prompt_make returns; empty when there is nothing to say. Code parts are the source's bytes as they
 * are; the rest is Markdown. */
typedef struct PromptParts {
	Str technique;   /* id of the card, "sdpa"; empty for a person's own candidate */
	Str title;       /* of the candidate or card */
	Str component;   /* qualified name in the port: "Attention.callAsFunction" */
	Str card;        /* the card's text */
	Str place;       /* "Sources/Attention.swift:71-78" */
	Str span;        /* the candidate's lines in the port, whole lines */
	Str code;        /* the component in the port around it, whole lines */
	Str mlx_place;   /* "model.py:57-63" */
	Str mlx;         /* what answers it in the Python MLX reference */
	Str torch_place; /* "modeling.py:97-104" */
	Str torch;       /* ... in the PyTorch original */
	Str differences; /* operations that differ in the row, a list */
	Str tradeoff;    /* the four axes here, with their reasons */
	Str precedents;  /* earlier verdicts on the technique, a list */
	Str version;     /* mlx-swift of the port: "0.25.1"; empty when unknown */
	Str techniques;  /* suggest: "id: title" lines of the catalogue */
	Str known;       /* suggest: candidates already listed for the component */
} PromptParts;

typedef enum PromptRole { PROMPT_USER, PROMPT_ASSISTANT } PromptRole;

typedef struct PromptTurn {
	PromptRole role;
	Str text;
} PromptTurn;

typedef struct PromptRequest {
	PromptUse use;
	PromptParts parts;
	Str question;            /* discuss: the user's question; draft and suggest: a wish, may be empty */
	const PromptTurn *turns; /* discuss: earlier questions and answers of the thread, oldest first */
	size_t n_turns;
	Str reply, failures; /* draft: the reply to be mended and what failed of it, a list; else empty */
} PromptRequest;

typedef struct PromptCut {
	const char *part; /* "precedents"; static */
	size_t lines;     /* left out (turns: how many turns) */
	bool whole;       /* nothing of it is left */
} PromptCut;

typedef struct Prompt {
	Arena arena; /* holds everything below */
	PromptUse use;
	Str system;
	const PromptTurn *turns; /* begins and ends with the user's, roles alternating */
	size_t n_turns;
	int64_t tokens;   /* estimate of what is sent */
	char version[48]; /* of the template: its name, version and a hash of its text; stored with what it leads to */
	const PromptCut *cuts;
	size_t n_cuts;
} Prompt;

/* The built-in template's name in the embedded data, "prompts/discuss.md". */
const char *prompt_path(PromptUse use);
const char *prompt_use_name(PromptUse use); /* "discuss" */

/* template_text: the template, built-in or the user's. budget: tokens that the prompt may take (profile_budget). NULL with err
 * when the template is wrong, or the parts that are never cut (question, span, failures) don't fit. Free with prompt_free. */
Prompt *prompt_make(const PromptRequest *request, Str template_text, int64_t budget, Err *err);
/* A question of a few words, to see whether a model answers (triptych doctor). */
Prompt *prompt_probe(void);
void prompt_free(Prompt *prompt);

/* Adds the prompt in readable form: system text and turns under headings, what was cut, the estimate. Text as it is sent;
 * making it visible on a terminal is the printer's (core/utf8.h). */
void prompt_show(const Prompt *prompt, Buf *out);

#endif
