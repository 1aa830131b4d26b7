/* What is blanked in Swift before parsing: conditional compilation, seen by a scanner of lines, strings and comments, and
 * the few words that the grammar stumbles over (`nonisolated(unsafe)`, `sending` before a type). Raw strings become plain
 * ones, and lines that begin with an operator such as `*` are joined with the one above.
 *
 * Finds the directive lines (#if, #elseif, #else, #endif, #sourceLocation, #warning, #error) that stand in code, not in
 * a string or a comment, and makes the copies that are parsed instead of the text. Internal to core/syntax.c; knows no
 * grammar. `#available`, `#selector`, `#Preview` and the like are expressions and are left alone. */
#ifndef CORE_SYNTAX_IF_H
#define CORE_SYNTAX_IF_H

#include "core/syntax.h"

typedef struct SyntaxIf {
	Str plain;             /* directive lines blanked; the text itself when there is none */
	Str narrowed;          /* every arm but the first of its #if blanked too; empty when no #if has a second arm */
	SyntaxCondition *arms; /* in order of start; skipped says what `narrowed` blanks */
	size_t n_arms;
} SyntaxIf;

/* The copies have the length of the text. Everything is in the arena. */
SyntaxIf syntax_if_scan(Str text, Arena *arena);

#endif
