#include "core/posix.h"

#include "tui/cli_session.h"
#include "tui/row_pin.h"

#include "sessions/walk_json.h"

#include <stdio.h>
#include <string.h>

static const char *const TEXT_OR_JSON[] = { "text", "json", NULL };

static void pad(Buf *out, size_t used, size_t width) {
	for (size_t i = used; i < width; i++) buf_putc(out, ' ');
	buf_putc(out, ' ');
}

/* ---- candidates ---- */

static void put_line(Buf *out, const WalkItem *item) {
	const Candidate *c = &item->candidate;
	buf_printf(out, "%s %.*s", cli_mark(item), STR_ARG(item->short_id));
	pad(out, item->short_id.len, 28);
	buf_printf(out, "%-6s gain %3.1f  ", confidence_name(c->confidence), item->tradeoff.axis[AXIS_GAIN]);
	cli_safe(out, str_of(c->place.name));
	buf_printf(out, ":%u  ", c->place.start.line);
	cli_safe(out, c->place.component);
	buf_puts(out, "  ");
	cli_safe(out, c->title);
	if (item->state != STATE_OPEN && item->state != STATE_SAME) buf_printf(out, "  (%s)", state_words(item->state));
	buf_putc(out, '\n');
}

static bool is_shown(const WalkItem *item, bool all) { return all || !item->hidden; }

static void put_candidates_json(const Walk *walk, bool all, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	size_t n;
	const WalkItem *items = walk_items(walk, &n);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_str(&json, "session", walk_session(walk)->name);
	json_member_array(&json, "candidates");
	for (size_t i = 0; i < n; i++) {
		if (is_shown(&items[i], all)) walk_put_item(&json, &items[i]);
	}
	json_close(&json);
	json_close(&json);
}

static void put_candidates_text(const Walk *walk, bool all, Buf *out) {
	size_t n;
	const WalkItem *items = walk_items(walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (is_shown(&items[i], all)) put_line(out, &items[i]);
	}
	cli_walk_summary(walk, out);
}

int cli_run_candidates(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_format(cli, TEXT_OR_JSON, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Buf out = { 0 };
	bool all = cli_flag(cli, "--all");
	if (cli->json)
		put_candidates_json(w.walk, all, &out);
	else
		put_candidates_text(w.walk, all, &out);
	cli_walk_close(&w);
	return cli_put(&out, err);
}

/* ---- show ---- */

static void put_code(Buf *out, Str excerpt, uint32_t line) {
	Str rest = excerpt, part;
	if (excerpt.len > 0 && excerpt.ptr[excerpt.len - 1] == '\n') rest.len--;
	while (rest.len > 0 && str_split(&rest, '\n', &part)) {
		buf_printf(out, "  %5u  ", line++);
		cli_safe(out, part);
		buf_putc(out, '\n');
	}
}

static void put_axes(Buf *out, const WalkItem *item) {
	static const char *const TITLES[AXIS_COUNT] = { "gain", "accuracy risk", "clean code", "effort" };
	for (int i = 0; i < AXIS_COUNT; i++) {
		buf_printf(
		    out, i == AXIS_CLARITY ? "  %-14s %+4.1f   " : "  %-14s %4.1f   ", TITLES[i], item->tradeoff.axis[i]);
		cli_safe(out, item->tradeoff.arithmetic[i]);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < item->tradeoff.n_reasons; i++) {
		buf_puts(out, "  - ");
		cli_safe(out, item->tradeoff.reasons[i]);
		buf_putc(out, '\n');
	}
	buf_printf(out, "  order %.2f = gain x confidence / (1 + accuracy + effort / 2)\n", item->score);
}

static void put_list(Buf *out, const char *title, const Str *texts, size_t n) {
	if (n == 0) return;
	buf_printf(out, "\n%s\n", title);
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, "  - ");
		cli_safe(out, texts[i]);
		buf_putc(out, '\n');
	}
}

static void put_evidence(Buf *out, const Candidate *c) {
	for (size_t i = 0; i < c->n_evidence; i++) {
		const Evidence *e = &c->evidence[i];
		buf_printf(out, "\n%s  ", side_title(e->place.side));
		cli_safe(out, str_of(e->place.name));
		buf_printf(out, ":%u  ", e->place.start.line);
		cli_safe(out, e->note);
		buf_putc(out, '\n');
		put_code(out, e->place.excerpt, e->place.start.line);
	}
}

static void put_row_words(Buf *out, const LogEvent *e) {
	Arena arena = { 0 };
	buf_puts(out, ": ");
	cli_safe(out, row_pin_event_words(e->data, &arena));
	arena_done(&arena);
}

static void put_event_line(Buf *out, const LogEvent *e) {
	buf_printf(out, "%.19s  ", e->time.ptr);
	cli_safe(out, e->who);
	buf_printf(out, "  %s", log_kind_name(e->kind));
	if (e->kind == LOG_ROW) put_row_words(out, e);
	if (e->verdict != VERDICT_NONE) buf_printf(out, " %s", verdict_name(e->verdict));
	if (e->candidate.len > 0) buf_printf(out, "  %.*s", STR_ARG(e->candidate));
	if (e->reason.len > 0) {
		buf_puts(out, "  \"");
		cli_safe(out, e->reason);
		buf_putc(out, '"');
	}
	if (e->condition.len > 0) {
		buf_puts(out, "  (");
		cli_safe(out, e->condition);
		buf_putc(out, ')');
	}
	if (e->undone) buf_puts(out, "  [taken back]");
	buf_putc(out, '\n');
}

static bool put_precedents(const Walk *walk, const WalkItem *item, Arena *arena, Buf *out, Err *err) {
	Precedent *list;
	size_t n;
	if (!walk_precedents(walk, item, arena, &list, &n, err)) return false;
	if (n > 0) buf_puts(out, "\nEarlier verdicts on this technique\n");
	for (size_t i = 0; i < n && i < 5; i++) {
		buf_puts(out, "  ");
		cli_safe(out, list[i].where);
		buf_puts(out, "  ");
		put_event_line(out, list[i].event);
	}
	return true;
}

static void put_card(Buf *out, const WalkItem *item) {
	const Candidate *c = &item->candidate;
	buf_printf(out, "%s %s  ", cli_mark(item), c->id);
	cli_safe(out, c->title);
	buf_printf(out, "  (%s confidence, %s)\n", confidence_name(c->confidence), state_words(item->state));
	if (item->state_why.len > 0) {
		buf_puts(out, "  ");
		cli_safe(out, item->state_why);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\nSwift port  ");
	cli_safe(out, str_of(c->place.name));
	buf_printf(out, ":%u  ", c->place.start.line);
	cli_safe(out, c->place.component);
	buf_putc(out, '\n');
	put_code(out, c->place.excerpt, c->place.start.line);
	put_evidence(out, c);
	buf_puts(out, "\n");
	cli_safe(out, c->message);
	buf_puts(out, "\n");
	if (c->chain.len > 0) {
		buf_puts(out, "Runs ");
		cli_safe(out, c->chain);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\nTrade-off\n");
	put_axes(out, item);
	put_list(out, "For", c->why, c->n_why);
	put_list(out, "Against", c->against, c->n_against);
	put_list(out, "Needs", c->needs, c->n_needs);
	put_list(out, "Excludes", c->conflicts, c->n_conflicts);
	put_list(out, "Could be", item->could_be, item->n_could_be);
	if (item->n_history > 0) buf_puts(out, "\nHistory\n");
	for (size_t i = 0; i < item->n_history; i++) {
		buf_puts(out, "  ");
		put_event_line(out, item->history[i]);
	}
}

static void put_show_json(const WalkItem *item, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_put_key(&json, "candidate");
	walk_put_item(&json, item);
	json_member_str(&json, "excerpt", item->candidate.place.excerpt);
	json_member_object(&json, "arithmetic");
	for (int i = 0; i < AXIS_COUNT; i++) json_member_str(&json, axis_name((Axis)i), item->tradeoff.arithmetic[i]);
	json_close(&json);
	json_member_array(&json, "history");
	for (size_t i = 0; i < item->n_history; i++) walk_put_event(&json, item->history[i], false);
	json_close(&json);
	json_close(&json);
}

int cli_run_show(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_format(cli, TEXT_OR_JSON, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	const WalkItem *item;
	Buf out = { 0 };
	int status = cli_walk_item(cli, &w, &item, err);
	if (status == CLI_OK && cli->json) {
		put_show_json(item, &out);
	} else if (status == CLI_OK) {
		put_card(&out, item);
		if (!put_precedents(w.walk, item, cli->arena, &out, err)) status = CLI_ERROR;
	}
	cli_walk_close(&w);
	int printed = cli_put(&out, err);
	return status == CLI_OK ? printed : status;
}

/* ---- log, search, stale ---- */

static void put_events(const Cli *cli, const LogEvent *events, size_t n, Buf *out) {
	if (!cli->json) {
		for (size_t i = 0; i < n; i++) put_event_line(out, &events[i]);
		return;
	}
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_array(&json, "events");
	for (size_t i = 0; i < n; i++) walk_put_event(&json, &events[i], false);
	json_close(&json);
	json_close(&json);
}

int cli_run_log(Cli *cli, Err *err) {
	if (!cli_format(cli, TEXT_OR_JSON, err)) return CLI_ERROR;
	Store *store = cli_store(cli, false, err);
	if (!store) return CLI_ERROR;
	Session session = { 0 };
	LogEvent *events = NULL;
	size_t n = 0;
	bool ok = cli->n_args == 0 || session_find(store, cli->args[0], true, cli->arena, &session, err);
	ok = ok && log_read(store, session.key, cli->arena, &events, &n, err);
	store_close(store);
	if (!ok) return CLI_ERROR;
	log_fold(events, n);
	Buf out = { 0 };
	put_events(cli, events, n, &out);
	return cli_put(&out, err);
}

int cli_run_search(Cli *cli, Err *err) {
	if (!cli_format(cli, TEXT_OR_JSON, err)) return CLI_ERROR;
	Buf words = { 0 };
	for (size_t i = 0; i < cli->n_args; i++) buf_printf(&words, "%s%s", i ? " " : "", cli->args[i]);
	Store *store = cli_store(cli, false, err);
	LogEvent *events;
	size_t n = 0;
	bool ok = store && log_search(store, buf_view(&words), cli->arena, &events, &n, err);
	store_close(store);
	buf_done(&words);
	if (!ok) return CLI_ERROR;
	Buf out = { 0 };
	if (n > 0 || cli->json) put_events(cli, events, n, &out);
	int status = cli_put(&out, err);
	return status == CLI_OK && n == 0 ? CLI_NO : status;
}

static bool is_stale(const WalkItem *item) {
	return item->verdict != VERDICT_NONE && !item->hidden && item->state != STATE_SAME && item->state != STATE_MOVED &&
	       item->state != STATE_DONE && item->state != STATE_OPEN;
}

static size_t put_stale(const Walk *walk, JsonOut *json, Buf *out) {
	size_t n, found = 0;
	const WalkItem *items = walk_items(walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (!is_stale(&items[i])) continue;
		found++;
		if (json) {
			walk_put_item(json, &items[i]);
			continue;
		}
		cli_safe(out, walk_session(walk)->name);
		buf_puts(out, "  ");
		put_line(out, &items[i]);
		if (items[i].state_why.len > 0) buf_printf(out, "    %.*s\n", STR_ARG(items[i].state_why));
	}
	return found;
}

static bool put_stale_all(const Cli *cli, Store *store, JsonOut *json, Buf *out, size_t *found, Err *err) {
	SessionSummary *list;
	size_t n;
	if (!session_list(store, false, cli->arena, &list, &n, err)) return false;
	for (size_t i = 0; i < n; i++) {
		if (cli->n_args > 0 && !str_is(list[i].session.name, cli->args[0])) continue;
		Walk *walk;
		if (!walk_open(store, arena_strdup(cli->arena, list[i].session.name), &walk, err)) return false;
		*found += put_stale(walk, json, out);
		walk_close(walk);
	}
	return true;
}

int cli_run_stale(Cli *cli, Err *err) {
	if (!cli_format(cli, TEXT_OR_JSON, err)) return CLI_ERROR;
	Store *store = cli_store(cli, false, err);
	if (!store) return CLI_ERROR;
	Session session;
	Buf out = { 0 };
	JsonOut json = json_out(&out, JSON_PRETTY);
	size_t found = 0;
	bool ok = cli->n_args == 0 || session_find(store, cli->args[0], false, cli->arena, &session, err);
	if (ok && cli->json) {
		json_open_object(&json);
		json_member_integer(&json, "version", 1);
		json_member_array(&json, "candidates");
	}
	ok = ok && put_stale_all(cli, store, cli->json ? &json : NULL, &out, &found, err);
	if (ok && cli->json) {
		json_close(&json);
		json_close(&json);
	}
	store_close(store);
	int status = ok ? cli_put(&out, err) : CLI_ERROR;
	buf_done(&out);
	return status == CLI_OK && found == 0 ? CLI_NO : status;
}
