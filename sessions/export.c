#include "core/posix.h"

#include "sessions/export.h"

#include <string.h>

static const ExportFormat FORMATS[] = {
	{ "md", "the plan as Markdown", false, export_md, NULL },
	{ "json", "everything, to be imported elsewhere", false, export_json, NULL },
	{ "html", "a report in one file", false, export_html, NULL },
	{ "sarif", "SARIF 2.1.0 for code scanning", false, export_sarif, NULL },
	{ "patch", "the accepted drafts as a unified diff", false, export_patch, NULL },
	{ "adr", "decision records, a MADR file each", true, NULL, export_adr },
	{ "agent", "a brief for a coding agent", false, export_agent, NULL },
};

const ExportFormat *export_formats(size_t *n) {
	*n = BASE_COUNT(FORMATS);
	return FORMATS;
}

const ExportFormat *export_format(const char *name) {
	for (size_t i = 0; i < BASE_COUNT(FORMATS); i++) {
		if (strcmp(FORMATS[i].name, name) == 0) return &FORMATS[i];
	}
	return NULL;
}

void export_files_done(ExportFiles *files) {
	for (size_t i = 0; i < files->n; i++) {
		free(files->at[i].name);
		free(files->at[i].text);
	}
	free(files->at);
	*files = (ExportFiles) { 0 };
}
