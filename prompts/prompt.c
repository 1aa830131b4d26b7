#include "core/posix.h"

#include "prompts/prompt.h"

#include "prompts/budget.h"
#include "prompts/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const use_names[PROMPT_USES] = { "discuss", "draft", "suggest" };
static const char *const use_paths[PROMPT_USES] = { "prompts/discuss.md", "prompts/draft.md", "prompts/suggest.md" };

const char *prompt_use_name(PromptUse use) { return use_names[use]; }
const char *prompt_path(PromptUse use) { return use_paths[use]; }

/* ---- the parts, as one table ---- */

typedef struct PartRow {
	const char *name;
	size_t offset; /* in PromptParts */
	int rank;      /* the least important part has 1 and is cut first; 0 is never cut */
	BudgetEnd end; /* which end of it goes first */
} PartRow;

#define PART(field, rank, end)                                                                                         \
	{ #field, offsetof(PromptParts, field), rank, end }

static const PartRow part_rows[] = {
	PART(technique, 0, BUDGET_CUT_END),
	PART(title, 0, BUDGET_CUT_END),
	PART(component, 0, BUDGET_CUT_END),
	PART(place, 0, BUDGET_CUT_END),
	PART(span, 0, BUDGET_CUT_END),
	PART(version, 0, BUDGET_CUT_END),
	PART(mlx_place, 0, BUDGET_CUT_END),
	PART(torch_place, 0, BUDGET_CUT_END),
	PART(precedents, 1, BUDGET_CUT_END),
	/* rank 2: earlier turns, below */
	PART(torch, 3, BUDGET_CUT_END),
	PART(differences, 4, BUDGET_CUT_END),
	PART(mlx, 5, BUDGET_CUT_END),
	PART(known, 6, BUDGET_CUT_END),
	PART(techniques, 7, BUDGET_CUT_END),
	PART(code, 8, BUDGET_CUT_END),
	PART(card, 9, BUDGET_CUT_END),
	PART(tradeoff, 10, BUDGET_CUT_END),
};
enum { PARTS = BASE_COUNT(part_rows), VALUES = PARTS + 2, RANK_TURNS = 2, RANKS = 10 };

typedef struct Making {
	const PromptRequest *request;
	Template template;
	Arena *arena;
	TemplateValue values[VALUES]; /* parts, then question and failures */
	size_t turns_from;            /* the earlier turns that are left begin here */
	Str system, first, mend;
	VEC(PromptTurn) turns;
	int64_t tokens;
} Making;

static Str part_text(const PromptParts *parts, const PartRow *row) {
	return *(const Str *)((const char *)parts + row->offset);
}

static void set_values(Making *m) {
	for (size_t i = 0; i < PARTS; i++) {
		m->values[i] = (TemplateValue) { .name = part_rows[i].name,
			.text = part_text(&m->request->parts, &part_rows[i]),
			.at_start = part_rows[i].end == BUDGET_CUT_START };
	}
	m->values[PARTS] = (TemplateValue) { .name = "question", .text = m->request->question };
	m->values[PARTS + 1] = (TemplateValue) { .name = "failures", .text = m->request->failures };
}

/* ---- rendering ---- */

static bool render(Making *m, const TemplateSection *section, Str *out, Err *err) {
	Buf text = { 0 };
	bool ok = template_render(section, m->values, VALUES, &text, err);
	if (ok) *out = arena_str(m->arena, buf_view(&text));
	buf_done(&text);
	return ok;
}

/* Roles must alternate for every provider, so neighbours of one role become one turn, and a lone answer at the start goes. */
static void add_turn(Making *m, PromptRole role, Str text) {
	if (str_trim(text).len == 0 || (m->turns.n == 0 && role == PROMPT_ASSISTANT)) return;
	PromptTurn *last = m->turns.n ? &m->turns.at[m->turns.n - 1] : NULL;
	if (last && last->role == role) {
		last->text = arena_printf(m->arena, "%.*s\n\n%.*s", STR_ARG(last->text), STR_ARG(text));
	} else {
		VEC_PUSH(m->turns) = (PromptTurn) { role, text };
	}
}

/* The earlier question that stands at the head of the thread takes the place of {{question}} in the first turn. */
static bool render_thread(Making *m, Err *err) {
	const PromptRequest *r = m->request;
	while (m->turns_from < r->n_turns && r->turns[m->turns_from].role == PROMPT_ASSISTANT) m->turns_from++;
	bool thread = m->turns_from < r->n_turns;
	m->values[PARTS].text = thread ? r->turns[m->turns_from].text : r->question;
	if (m->turns_from > 1) {
		m->values[PARTS].text = arena_printf(m->arena, "(%zu earlier messages left out here to fit.)\n\n%.*s",
		    m->turns_from, STR_ARG(m->values[PARTS].text));
	}
	if (!render(m, &m->template.user, &m->first, err)) return false;
	add_turn(m, PROMPT_USER, m->first);
	for (size_t i = m->turns_from + 1; i < r->n_turns; i++) add_turn(m, r->turns[i].role, r->turns[i].text);
	if (thread) add_turn(m, PROMPT_USER, r->question);
	return true;
}

static bool render_all(Making *m, Err *err) {
	const PromptRequest *r = m->request;
	m->turns.n = 0;
	if (!render(m, &m->template.system, &m->system, err) || !render_thread(m, err)) return false;
	if (r->reply.len > 0 || r->failures.len > 0) {
		if (!m->template.mend.line) return err_set(err, "template '%.*s' has no '## Mend'", STR_ARG(m->template.id));
		if (!render(m, &m->template.mend, &m->mend, err)) return false;
		add_turn(m, PROMPT_ASSISTANT, r->reply);
		add_turn(m, PROMPT_USER, m->mend);
	}
	enum { TOKENS_PER_MESSAGE = 5 }; /* role and separators, in the usual chat formats */
	m->tokens = budget_tokens(m->system) + TOKENS_PER_MESSAGE;
	for (size_t i = 0; i < m->turns.n; i++) m->tokens += budget_tokens(m->turns.at[i].text) + TOKENS_PER_MESSAGE;
	return true;
}

/* ---- cutting ---- */

/* A part that the template has no place for takes no room, so cutting it would help nobody. */
static bool cut_part(Making *m, int rank, int64_t excess) {
	enum { NOTE_TOKENS = 12 };
	for (size_t i = 0; i < PARTS; i++) {
		TemplateValue *value = &m->values[i];
		if (part_rows[i].rank != rank || value->text.len == 0) continue;
		if (!template_uses(&m->template.user, value->name)) continue;
		int64_t keep = budget_tokens(value->text) - excess - NOTE_TOKENS;
		size_t left_out;
		value->text = budget_cut(value->text, keep > 0 ? keep : 0, part_rows[i].end, &left_out);
		value->left_out += left_out;
		return true;
	}
	return false;
}

/* One question with its answer goes at a time, the oldest first. */
static bool cut_turns(Making *m) {
	if (m->turns_from >= m->request->n_turns) return false;
	m->turns_from++;
	while (m->turns_from < m->request->n_turns && m->request->turns[m->turns_from].role == PROMPT_ASSISTANT) {
		m->turns_from++;
	}
	return true;
}

static bool cut_to(Making *m, int64_t budget, Err *err) {
	if (!render_all(m, err)) return false;
	for (int rank = 1; rank <= RANKS && m->tokens > budget;) {
		bool cut = rank == RANK_TURNS ? cut_turns(m) : cut_part(m, rank, m->tokens - budget);
		if (!cut) {
			rank++;
		} else if (!render_all(m, err)) {
			return false;
		}
	}
	if (m->tokens <= budget) return true;
	return err_set(err,
	    "the prompt needs about %lld tokens even without what may be cut, and %lld are allowed (contextTokens less "
	    "maxTokens)",
	    (long long)m->tokens, (long long)budget);
}

static void list_cuts(const Making *m, Prompt *prompt) {
	VEC(PromptCut) cuts = { 0 };
	for (size_t i = 0; i < PARTS; i++) {
		const TemplateValue *v = &m->values[i];
		if (v->left_out) VEC_PUSH(cuts) = (PromptCut) { v->name, v->left_out, v->text.len == 0 };
	}
	if (m->turns_from > 0) {
		VEC_PUSH(cuts) = (PromptCut) { "earlier messages", m->turns_from, m->turns_from >= m->request->n_turns };
	}
	prompt->n_cuts = cuts.n;
	prompt->cuts = VEC_TO_ARENA(cuts, &prompt->arena);
}

Prompt *prompt_make(const PromptRequest *request, Str template_text, int64_t budget, Err *err) {
	Prompt *prompt = base_alloc(sizeof *prompt);
	Making m = { .request = request, .arena = &prompt->arena };
	prompt->use = request->use;
	bool ok = template_parse(template_text, &m.template, err);
	if (ok) set_values(&m);
	ok = ok && cut_to(&m, budget, err);
	if (ok) {
		prompt->system = m.system;
		prompt->tokens = m.tokens;
		list_cuts(&m, prompt);
		unsigned hash = (unsigned)(hash_str(HASH_SEED, template_text) & 0xFFFFFFFFu);
		snprintf(prompt->version, sizeof prompt->version, "%.16s/%.12s %08x",
		    arena_strdup(&prompt->arena, m.template.id), arena_strdup(&prompt->arena, m.template.version), hash);
		prompt->n_turns = m.turns.n;
		for (size_t i = 0; i < m.turns.n; i++) m.turns.at[i].text = arena_str(&prompt->arena, m.turns.at[i].text);
		prompt->turns = VEC_TO_ARENA(m.turns, &prompt->arena);
		return prompt;
	}
	VEC_FREE(m.turns);
	prompt_free(prompt);
	return NULL;
}

Prompt *prompt_probe(void) {
	Prompt *prompt = base_alloc(sizeof *prompt);
	PromptTurn *turn = ARENA_NEW(&prompt->arena, PromptTurn);
	*turn = (PromptTurn) { PROMPT_USER, STR("Reply with the single word: ready") };
	prompt->system = STR("You answer in one word.");
	prompt->turns = turn;
	prompt->n_turns = 1;
	prompt->tokens = budget_tokens(prompt->system) + budget_tokens(turn->text) + 10;
	snprintf(prompt->version, sizeof prompt->version, "probe/1");
	return prompt;
}

void prompt_free(Prompt *prompt) {
	if (!prompt) return;
	arena_done(&prompt->arena);
	free(prompt);
}

void prompt_show(const Prompt *prompt, Buf *out) {
	buf_printf(out, "About %lld tokens; template %s.\n", (long long)prompt->tokens, prompt->version);
	for (size_t i = 0; i < prompt->n_cuts; i++) {
		const PromptCut *cut = &prompt->cuts[i];
		bool turns = strcmp(cut->part, "earlier messages") == 0;
		if (turns) {
			buf_printf(out, "Cut to fit: %zu %s.\n", cut->lines, cut->part);
		} else {
			buf_printf(out, "Cut to fit: %s, %zu lines%s.\n", cut->part, cut->lines, cut->whole ? " (all of it)" : "");
		}
	}
	buf_printf(out, "\n---- system ----\n%.*s\n", STR_ARG(prompt->system));
	for (size_t i = 0; i < prompt->n_turns; i++) {
		const PromptTurn *turn = &prompt->turns[i];
		buf_printf(
		    out, "\n---- %s ----\n%.*s\n", turn->role == PROMPT_USER ? "user" : "assistant", STR_ARG(turn->text));
	}
}
