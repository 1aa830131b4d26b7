/* `// triptych:ignore ID reason`: comments by which a port's authors keep a candidate out of sight.
 *
 * A comment speaks of its own line and of the next; it hides the candidates of that technique which begin there. One
 * without a reason still hides, and is told; one whose technique no card has hides nothing, and is told too. */
#include "core/posix.h"

#include "core/scan_parts.h"

static const char MARK[] = "triptych:ignore";

/* "ID" and what follows it, of a comment that is nothing but the mark. */
static bool read_mark(Str comment, Str *id, Str *reason) {
	Str text = comment;
	while (text.len && (text.ptr[0] == '/' || text.ptr[0] == '*' || text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = str_sub(text, 1, text.len);
	if (!str_starts(text, MARK)) return false;
	text = str_sub(text, sizeof MARK - 1, text.len);
	if (str_ends(text, "*/")) text = str_sub(text, 0, text.len - 2);
	if (text.len && text.ptr[0] != ' ' && text.ptr[0] != '\t') return false;
	Str rest = str_trim(text);
	*id = STR_NONE;
	str_split(&rest, ' ', id);
	*reason = rest.ptr ? str_trim(rest) : STR_NONE;
	return true;
}

static void add_notice(Scan *scan, const SourceFile *file, const ScanIgnore *ignore, const Catalogue *catalogue) {
	Arena *arena = &scan->arena;
	ScanNotice *notice = &scan->notices[scan->n_notices];
	*notice = (ScanNotice) { .path = file->path, .line = ignore->line };
	if (!ignore->id.len)
		notice->words = STR("the ignore comment names no technique: triptych:ignore ID reason");
	else if (!catalogue_find(catalogue, ignore->id))
		notice->words =
		    arena_printf(arena, "the ignore comment hides nothing: no technique '%.*s'", STR_ARG(ignore->id));
	else if (!ignore->reason.len)
		notice->words = arena_printf(arena, "the ignore comment of %.*s gives no reason", STR_ARG(ignore->id));
	else
		return;
	scan->n_notices++;
}

void scan_read_ignores(Scan *scan, const Catalogue *catalogue) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	VEC(ScanIgnore) list = { 0 };
	for (uint32_t f = 0; f < port->source.n_files; f++) {
		const SourceFile *file = &port->source.files[f];
		const SyntaxTree *t = &port->trees[f];
		if (!file->in_scope || str_find(file->text, MARK, 0) == SIZE_MAX) continue;
		for (SynId id = 1; id < t->n; id++) {
			SyntaxKind kind = (SyntaxKind)t->nodes[id].kind;
			Str name, reason;
			if ((kind != SYN_COMMENT && kind != SYN_MULTILINE_COMMENT) ||
			    !read_mark(syntax_text(t, id), &name, &reason))
				continue;
			VEC_PUSH(list) = (ScanIgnore) { f, source_pos(file, t->nodes[id].span.start).line, name, reason };
		}
	}
	scan->n_ignores = list.n;
	scan->ignores = VEC_TO_ARENA(list, &scan->arena);
	scan->notices = ARENA_ARRAY(&scan->arena, ScanNotice, scan->n_ignores + 1);
	for (size_t i = 0; catalogue->n && i < scan->n_ignores; i++)
		add_notice(scan, &port->source.files[scan->ignores[i].file], &scan->ignores[i], catalogue);
}

const ScanIgnore *scan_ignore_at(const Scan *scan, uint32_t file, uint32_t line, Str technique) {
	for (size_t i = 0; i < scan->n_ignores; i++) {
		const ScanIgnore *ignore = &scan->ignores[i];
		bool here = ignore->file == file && (ignore->line == line || ignore->line + 1 == line);
		if (here && str_eq(ignore->id, technique)) return ignore;
	}
	return NULL;
}
