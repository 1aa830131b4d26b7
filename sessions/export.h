/* Exports: a session's plan written for others, a table of formats; and the way back from JSON.
 *
 * Every format is text made of a Plan. Source text and what people typed are data in it: fences, tags and table marks in
 * them are escaped, so that nothing of them becomes structure. */
#ifndef SESSIONS_EXPORT_H
#define SESSIONS_EXPORT_H

#include "sessions/plan.h"

/* A document of an export; most formats make one. Text is heap. */
typedef struct ExportFile {
	char *name; /* "0001-fused-attention.md"; NULL for the one document of a format that makes one */
	char *text;
	size_t len;
} ExportFile;

typedef struct ExportFiles {
	ExportFile *at;
	size_t n, cap;
} ExportFiles;

typedef struct ExportFormat {
	const char *name; /* "md" */
	const char *help; /* a few words */
	bool folder;      /* makes several files */
	/* Writes the document, or (folder) adds files. One of the two is NULL. */
	bool (*write)(const Plan *plan, Buf *out, Err *err);
	bool (*write_files)(const Plan *plan, ExportFiles *out, Err *err);
} ExportFormat;

/* NULL for an unknown name; n counts all. */
const ExportFormat *export_format(const char *name);
const ExportFormat *export_formats(size_t *n);
void export_files_done(ExportFiles *files);

bool export_md(const Plan *plan, Buf *out, Err *err);
bool export_json(const Plan *plan, Buf *out, Err *err);
bool export_sarif(const Plan *plan, Buf *out, Err *err); /* of a scan's plan too */
bool export_html(const Plan *plan, Buf *out, Err *err);
bool export_agent(const Plan *plan, Buf *out, Err *err);
bool export_patch(const Plan *plan, Buf *out, Err *err); /* fails when no accepted candidate has a draft */
bool export_adr(const Plan *plan, ExportFiles *out, Err *err);

/* The whole of a session as JSON, deleted ones too: what import reads. */
bool export_session_json(Store *store, const Session *session, Buf *out, Err *err);

typedef struct ImportCounts {
	size_t n_events, n_new_events, n_candidates, n_new_candidates;
	bool made; /* the session was not here before */
	Str name;  /* of the session, in arena */
} ImportCounts;
/* Merges an export into the session of the same UUID (into NULL), or into the one named; makes it when it isn't here. All or
 * nothing. */
bool import_json(Store *store, Str text, const char *into, Arena *arena, ImportCounts *counts, Err *err);

#endif
