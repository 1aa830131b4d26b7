/* Templates of prompts: Markdown with placeholders, one file a use, built-in or the user's own.
 *
 *     ---
 *     id: discuss
 *     version: 1
 *     ---
 *     ## System
 *     text of the system message
 *     ## User
 *     {{#card}}
 *     ### The technique
 *     {{card}}
 *     {{/card}}
 *     {{span as swift}}
 *     ## Mend
 *     what follows a draft that failed its checks (draft only)
 *
 * {{name}} is replaced by the value; {{name as LANGUAGE}} by the value in a code fence longer than any run of backticks in
 * it; {{#name}}...{{/name}} stays only when the value isn't empty (not nested). A marker of a section that is alone on its
 * line takes the line with it. Values are put in once and never read again: what looks like a placeholder in a source file stays
 * text. A line `## ` inside a value means nothing either, since sections are found before values are put in. */
#ifndef PROMPTS_TEMPLATE_H
#define PROMPTS_TEMPLATE_H

#include "core/base.h"

typedef struct TemplateSection {
	Str text;
	size_t line; /* of its first line in the file, from 1 */
} TemplateSection;

typedef struct Template {
	Str id, version; /* slices of the text given */
	TemplateSection system, user, mend;
} Template;

typedef struct TemplateValue {
	const char *name;
	Str text;
	size_t left_out; /* lines cut from it, said below it (above it if at_start); 0: all of it is there */
	bool at_start;
} TemplateValue;

/* False with err naming the line when front matter or a section is missing or unknown. */
bool template_parse(Str text, Template *out, Err *err);
/* True when the section puts the value in (naming it in {{#name}} alone doesn't count). */
bool template_uses(const TemplateSection *section, const char *name);
/* Adds the section with its values to out; text is trimmed at both ends. False with err naming the line: unknown name,
 * marker without its partner. */
bool template_render(const TemplateSection *section, const TemplateValue *values, size_t n, Buf *out, Err *err);

#endif
