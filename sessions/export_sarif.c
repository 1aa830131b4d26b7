#include "core/posix.h"

#include "sessions/export.h"

#include "core/json.h"
#include "core/utf8.h"
#include "core/candidate_json.h"
#include "sessions/export_text.h"

#include <string.h>

/* SARIF 2.1.0 knows columns in UTF-16 units or code points; ours are bytes, so they are counted anew: column, from 1, in
 * code points, of a byte column in a line. */
static uint32_t code_points(Str line, uint32_t column) {
	uint32_t n = 1;
	size_t at = 0;
	while (at < line.len && at + 1 < column) {
		size_t len;
		utf8_decode(str_sub(line, at, line.len), &len);
		at += len ? len : 1;
		n++;
	}
	return n;
}

static Str line_of(Str excerpt, uint32_t n) {
	Str line = STR_NONE;
	for (uint32_t i = 0; i <= n && str_split(&excerpt, '\n', &line); i++) continue;
	return line;
}

static void put_region(JsonOut *out, const Place *place) {
	json_member_object(out, "region");
	json_member_integer(out, "startLine", place->start.line);
	json_member_integer(out, "startColumn", code_points(line_of(place->excerpt, 0), place->start.column));
	json_member_integer(out, "endLine", place->end.line);
	Str last = line_of(place->excerpt, place->end.line - place->start.line);
	json_member_integer(out, "endColumn", code_points(last, place->end.column));
	json_close(out);
}

static const char *const BASES[SIDE_COUNT] = { "MLX", "TORCH", "SRCROOT" };

static void put_physical(JsonOut *out, const Place *place) {
	Buf uri = { 0 };
	uri_path(&uri, place->name);
	json_member_object(out, "physicalLocation");
	json_member_object(out, "artifactLocation");
	json_member_str(out, "uri", buf_view(&uri));
	json_member_text(out, "uriBaseId", BASES[place->side]);
	json_close(out);
	put_region(out, place);
	json_close(out);
	buf_done(&uri);
}

static void put_message(JsonOut *out, const char *key, Str text) {
	json_member_object(out, key);
	json_member_str(out, "text", text.len ? text : STR("(no message)"));
	json_close(out);
}

static void put_locations(JsonOut *out, const Candidate *c) {
	json_member_array(out, "locations");
	json_open_object(out);
	put_physical(out, &c->place);
	if (c->place.component.len > 0) {
		json_member_array(out, "logicalLocations");
		json_open_object(out);
		json_member_str(out, "fullyQualifiedName", c->place.component);
		json_close(out);
		json_close(out);
	}
	json_close(out);
	json_close(out);
	if (c->n_evidence == 0) return;
	json_member_array(out, "relatedLocations");
	for (size_t i = 0; i < c->n_evidence; i++) {
		json_open_object(out);
		json_member_integer(out, "id", (int64_t)i + 1);
		put_message(out, "message", c->evidence[i].note);
		put_physical(out, &c->evidence[i].place);
		json_close(out);
	}
	json_close(out);
}

static void put_suppressions(JsonOut *out, const WalkItem *item) {
	bool rejected = item->verdict == VERDICT_REJECT && !item->undecided;
	bool ignored = item->state == STATE_SUPPRESSED;
	/* an empty list says that suppressions were looked for, and there are none */
	json_member_array(out, "suppressions");
	if (rejected) {
		json_open_object(out);
		json_member_text(out, "kind", "external");
		json_member_text(out, "status", "accepted");
		if (item->because.len > 0) json_member_str(out, "justification", item->because);
		json_close(out);
	}
	if (ignored) {
		json_open_object(out);
		json_member_text(out, "kind", "inSource");
		if (item->state_why.len > 0) json_member_str(out, "justification", item->state_why);
		json_close(out);
	}
	json_close(out);
}

static void put_properties(JsonOut *out, const WalkItem *item) {
	json_member_object(out, "properties");
	json_member_text(out, "candidate", item->candidate.id);
	json_member_text(out, "confidence", confidence_name(item->candidate.confidence));
	json_member_text(out, "state", state_name(item->state));
	json_member_text(out, "verdict", item->verdict == VERDICT_NONE ? NULL : verdict_name(item->verdict));
	json_put_key(out, "tradeoff");
	tradeoff_put(out, &item->tradeoff);
	json_put_key(out, "identity");
	candidate_put_identity(out, &item->candidate);
	json_close(out);
}

static void put_result(JsonOut *out, const PlanStep *step, size_t rule) {
	const WalkItem *item = step->item;
	const Candidate *c = &item->candidate;
	bool strong = c->confidence == CONFIDENCE_HIGH && item->tradeoff.axis[AXIS_GAIN] >= 3;
	json_open_object(out);
	json_member_str(out, "ruleId", c->technique);
	json_member_integer(out, "ruleIndex", (int64_t)rule);
	json_member_text(out, "level", strong ? "warning" : "note");
	if (step->baseline) json_member_text(out, "baselineState", step->baseline);
	put_message(out, "message", c->message.len ? c->message : c->title);
	put_locations(out, c);
	json_member_object(out, "partialFingerprints");
	hash_put(out, "triptychFingerprint/v1", hash_str(c->fingerprint, c->place.component));
	json_close(out);
	put_suppressions(out, item);
	put_properties(out, item);
	json_close(out);
}

/* ---- rules ---- */

typedef struct Rules {
	VEC(const PlanStep *) at; /* the first step of each technique */
} Rules;

static size_t rule_of(Rules *rules, const PlanStep *step) {
	for (size_t i = 0; i < rules->at.n; i++) {
		if (str_eq(rules->at.at[i]->item->candidate.technique, step->item->candidate.technique)) return i;
	}
	VEC_PUSH(rules->at) = step;
	return rules->at.n - 1;
}

static void put_rules(JsonOut *out, const Rules *rules) {
	json_member_array(out, "rules");
	for (size_t i = 0; i < rules->at.n; i++) {
		const PlanStep *step = rules->at.at[i];
		json_open_object(out);
		json_member_str(out, "id", step->item->candidate.technique);
		put_message(out, "shortDescription",
		    step->item->own ? STR("A candidate of the user's own") : step->item->candidate.title);
		if (step->description.len > 0) put_message(out, "fullDescription", step->description);
		if (step->check.len > 0) {
			json_member_object(out, "help");
			json_member_str(out, "text", step->check);
			json_member_str(out, "markdown", step->check);
			json_close(out);
		}
		json_close(out);
	}
	json_close(out);
}

static void put_tool(JsonOut *out, const Rules *rules) {
	json_member_object(out, "tool");
	json_member_object(out, "driver");
	json_member_text(out, "name", "triptych");
	json_member_text(out, "version", TRIPTYCH_VERSION);
	put_rules(out, rules);
	json_close(out);
	json_close(out);
}

static void put_bases(JsonOut *out, const Plan *plan) {
	json_member_object(out, "originalUriBaseIds");
	for (int i = 0; i < SIDE_COUNT; i++) {
		if (!plan->sides[i].present) continue;
		json_member_object(out, BASES[i]);
		put_message(out, "description", str_of(side_title((Side)i)));
		json_close(out);
	}
	json_close(out);
}

bool export_sarif(const Plan *plan, Buf *out, Err *err) {
	(void)err;
	const struct {
		const PlanStep *steps;
		size_t n;
	} parts[] = { { plan->steps, plan->n_steps }, { plan->rejected, plan->n_rejected },
		{ plan->deferred, plan->n_deferred }, { plan->open, plan->n_open } };
	Rules rules = { { 0 } };
	for (size_t p = 0; p < BASE_COUNT(parts); p++) {
		for (size_t i = 0; i < parts[p].n; i++) rule_of(&rules, &parts[p].steps[i]);
	}
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_text(&json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_member_text(&json, "version", "2.1.0");
	json_member_array(&json, "runs");
	json_open_object(&json);
	put_tool(&json, &rules);
	json_member_text(&json, "columnKind", "unicodeCodePoints");
	put_bases(&json, plan);
	json_member_array(&json, "results");
	for (size_t p = 0; p < BASE_COUNT(parts); p++) {
		for (size_t i = 0; i < parts[p].n; i++) {
			const PlanStep *step = &parts[p].steps[i];
			/* what isn't there (any more) has no place to point at */
			if (!step->item->gone) put_result(&json, step, rule_of(&rules, step));
		}
	}
	for (int depth = 0; depth < 4; depth++) json_close(&json);
	VEC_FREE(rules.at);
	return true;
}
