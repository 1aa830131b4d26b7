/* Host program, run while building: writes the C table behind core/data.h.
 *
 *     embed OUT [NAME=]FILE...
 *
 * OUT defines data_table, sorted by name in byte order, and data_table_n. NAME is what the program calls the file;
 * it is the path itself unless given. It stands alone: nothing of the program is linked into it. */
#include "core/posix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
	const char *name, *path;
} Entry;

static void die(const char *what, const char *path) {
	fprintf(stderr, "embed: cannot %s '%s'\n", what, path);
	exit(1);
}

static int by_name(const void *a, const void *b) { return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name); }

static void put_byte(FILE *out, int c) {
	/* '?' is escaped because two of them may begin a trigraph; octal escapes end after three digits, hex ones don't */
	if (c == '"' || c == '\\' || c == '?') {
		fprintf(out, "\\%c", c);
	} else if (c >= ' ' && c < 0x7f) {
		putc(c, out);
	} else {
		fprintf(out, "\\%03o", c);
	}
}

/* Writes the file's bytes as one literal, a source line each; returns their number. */
static size_t put_literal(FILE *out, const char *path) {
	FILE *in = fopen(path, "rb");
	if (!in) die("open", path);
	size_t n = 0;
	bool open = false;
	for (int c; (c = getc(in)) != EOF; n++) {
		if (!open) fputs("\t\t\"", out);
		open = true;
		put_byte(out, c);
		if (c == '\n') {
			fputs("\"\n", out);
			open = false;
		}
	}
	if (ferror(in)) die("read", path);
	fclose(in);
	if (open || n == 0) fputs(open ? "\"\n" : "\t\t\"\"\n", out);
	return n;
}

static void put_entry(FILE *out, const Entry *entry) {
	fputs("\t{ \"", out);
	for (const char *p = entry->name; *p; p++) put_byte(out, (unsigned char)*p);
	fputs("\", {\n", out);
	size_t n = put_literal(out, entry->path);
	fprintf(out, "\t\t, %zu } },\n", n);
}

int main(int argc, char **argv) {
	if (argc < 3) {
		fputs("usage: embed OUT [NAME=]FILE...\n", stderr);
		return 2;
	}
	size_t n = (size_t)argc - 2;
	Entry *entries = calloc(n, sizeof *entries);
	if (!entries) die("hold the list for", argv[1]);
	for (size_t i = 0; i < n; i++) {
		char *arg = argv[i + 2], *equals = strchr(arg, '=');
		if (equals) *equals = '\0';
		entries[i] = (Entry) { arg, equals ? equals + 1 : arg };
	}
	qsort(entries, n, sizeof *entries, by_name);
	FILE *out = fopen(argv[1], "wb");
	if (!out) die("write", argv[1]);
	fputs("/* Written by core/embed.c. */\n#include \"core/data.h\"\n\nextern const DataFile data_table[];\n"
	      "extern const size_t data_table_n;\n\nconst DataFile data_table[] = {\n",
	    out);
	for (size_t i = 0; i < n; i++) put_entry(out, &entries[i]);
	fprintf(out, "};\nconst size_t data_table_n = %zu;\n", n);
	free(entries);
	if (ferror(out) || fclose(out) != 0) die("write", argv[1]);
	return 0;
}
