/* The files of one side, each read once: scope and context, text, content id, lines.
 *
 * Owns: which files belong to a side (git's ignore rules, the enclosing package), their bytes, git blob ids and line
 * starts. Never: writes, parses, or keeps a descriptor open. Offsets are bytes from 0; lines and columns count from 1,
 * columns in bytes. */
#ifndef CORE_SOURCE_H
#define CORE_SOURCE_H

#include "core/base.h"

typedef enum Side { SIDE_MLX, SIDE_TORCH, SIDE_SWIFT, SIDE_COUNT } Side;
typedef enum Lang { LANG_SWIFT, LANG_PYTHON, LANG_COUNT } Lang;

/* "mlx", "torch", "swift", and for people "Python reference", "PyTorch original", "Swift port". */
const char *side_name(Side side);
const char *side_title(Side side);
Lang side_lang(Side side);
bool side_of(Str name, Side *side); /* from "mlx", "torch" or "swift" */

typedef struct Span {
	uint32_t start, end; /* bytes from 0, end exclusive */
} Span;

typedef struct Pos {
	uint32_t line, column; /* from 1; column in bytes */
} Pos;

enum { SOURCE_MAX_FILE = 8 << 20 }; /* bytes; larger files are skipped with that reason */

typedef struct SourceFile {
	const char *path; /* as found under the given PATH: what scan prints, and what is opened */
	const char *name; /* relative to the side's root, '/' separated: what screens show, and what identity uses */
	Lang lang;
	bool in_scope; /* candidates are reported here; else the file is context */
	bool is_test;  /* below a test target (Tests/, tests/, test_*.py, *Tests.swift): context unless PATH lies in it */
	Str text;      /* bytes as on disk */
	char content_id[41];   /* git blob id of the bytes, hex */
	uint32_t *line_starts; /* offset of each line */
	uint32_t n_lines;      /* at least 1 */
} SourceFile;

typedef struct SourceSkip {
	const char *path;
	const char *reason; /* "binary", "empty", "not UTF-8", "larger than 8 MB", "cannot read: ..." */
} SourceSkip;

typedef struct Source {
	Side side;
	const char *root;    /* absolute folder of the package or git top; "" when unknown */
	const char *package; /* its name, for messages such as "not set in the 143 Swift files of package X" */
	SourceFile *files;   /* sorted by name, every path once */
	size_t n_files;
	SourceSkip *skipped; /* of the scope only */
	size_t n_skipped;
	char commit[41];    /* HEAD of the enclosing checkout, or "" */
	const char *branch; /* or "" */
	bool dirty;         /* a tracked file of the checkout differs from HEAD */
	size_t n_changed;   /* how many do */
	Arena arena;        /* owns everything above */
} Source;

typedef struct SourceOptions {
	const char *const *paths; /* scope: files or folders */
	size_t n_paths;
	const char *const *context; /* extra context paths */
	size_t n_context;
	bool no_context; /* take none but the scope (and n_context) */
} SourceOptions;

/* Reads a side. Fails when a PATH does not exist or when the scope holds no file of the side's language that can be
 * read; *out is then empty. Release with source_done. */
bool source_open(Side side, const SourceOptions *options, Source *out, Err *err);
void source_done(Source *source);

/* Makes a side of one text in memory, for tests, cards and drafts: the text is copied. */
void source_of_text(Side side, const char *name, Str text, Source *out);

/* Line and column of an offset; offsets past the end give the end. */
Pos source_pos(const SourceFile *file, uint32_t offset);
/* The text of a line from 1, without its line end (LF or CRLF). Empty beyond the last. */
Str source_line(const SourceFile *file, uint32_t line);
/* Offset of a line's first byte; of the end for a line beyond the last. */
uint32_t source_line_start(const SourceFile *file, uint32_t line);
Str source_text(const SourceFile *file, Span span);
/* git's blob id of the bytes: SHA-1 of "blob LEN\0" and the bytes, 40 hex digits and a NUL. */
void source_content_id(Str text, char out[41]);

#endif
