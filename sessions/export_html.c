#include "core/posix.h"

#include "sessions/export.h"
#include "sessions/export_text.h"

/* One file that needs nothing else: no script, no font, nothing from a network; a policy in it says so. */

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";

static const char STYLE[] =
    "<style>\n"
    ":root{color-scheme:light dark;--line:#8886;--soft:#8882;--accent:#3b6fd4}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}\n"
    "pre{background:var(--soft);padding:.75rem;overflow-x:auto;border-radius:4px;font-size:.85rem}\n"
    "code,pre{font-family:ui-monospace,monospace}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}dt{opacity:.7}dd{margin:0}\n"
    "figure{margin:1rem 0}svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}\n"
    "svg line{stroke:var(--line)}svg circle{fill:var(--accent);fill-opacity:.75}\n"
    "svg .measure{fill:none;stroke:var(--accent);stroke-width:2}\n"
    "</style>\n";

static void put(Buf *out, Str text) { html_text(out, text); }

/* ---- gain against accuracy risk ---- */

enum { CHART_W = 560, CHART_H = 340, LEFT = 50, BOTTOM = 300, TOP = 20, RIGHT = 540 };

static double x_of(double risk) { return LEFT + risk / 5 * (RIGHT - LEFT); }
static double y_of(double gain) { return BOTTOM - gain / 5 * (BOTTOM - TOP); }

static void put_axes(Buf *out) {
	for (int i = 0; i <= 5; i++) {
		buf_printf(out, "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\"/>", LEFT, y_of(i), RIGHT, y_of(i));
		buf_printf(out, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%d</text>", LEFT - 8, y_of(i) + 4, i);
		buf_printf(out, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", x_of(i), BOTTOM + 18, i);
	}
	buf_printf(
	    out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">accuracy risk</text>", (LEFT + RIGHT) / 2, BOTTOM + 36);
	buf_printf(out, "<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %d)\">gain</text>\n",
	    (TOP + BOTTOM) / 2, (TOP + BOTTOM) / 2);
}

/* Steps at one point would hide each other: each next one stands a little to the right. */
static size_t same_before(const Plan *plan, size_t i) {
	const double *axis = plan->steps[i].item->tradeoff.axis;
	size_t n = 0;
	for (size_t k = 0; k < i; k++) {
		const double *other = plan->steps[k].item->tradeoff.axis;
		double dx = x_of(axis[AXIS_ACCURACY]) - x_of(other[AXIS_ACCURACY]),
		       dy = y_of(axis[AXIS_GAIN]) - y_of(other[AXIS_GAIN]);
		n += dx * dx + dy * dy < 16;
	}
	return n;
}

static void put_chart(Buf *out, const Plan *plan) {
	if (plan->n_steps == 0) return;
	buf_printf(out,
	    "<figure><svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"Gain against accuracy risk of each step\">\n",
	    CHART_W, CHART_H, CHART_W);
	put_axes(out);
	for (size_t i = 0; i < plan->n_steps; i++) {
		const WalkItem *item = plan->steps[i].item;
		double x = x_of(item->tradeoff.axis[AXIS_ACCURACY]) + 14.0 * (double)same_before(plan, i);
		double y = y_of(item->tradeoff.axis[AXIS_GAIN]);
		buf_printf(out, "<g><title>%zu. ", plan->steps[i].number);
		put(out, item->candidate.title);
		buf_printf(out, "</title><circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\"%s/>", x, y,
		    item->verdict == VERDICT_MEASURE ? " class=\"measure\"" : "");
		buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%zu</text></g>\n", x, y - 9,
		    plan->steps[i].number);
	}
	buf_puts(out, "</svg><figcaption>Gain against accuracy risk, by number of the step; a ring is to be measured first."
	              "</figcaption></figure>\n");
}

/* ---- steps ---- */

static void term(Buf *out, const char *name, Str value) {
	if (value.len == 0) return;
	buf_printf(out, "<dt>%s</dt><dd>", name);
	put(out, value);
	buf_puts(out, "</dd>\n");
}

static void put_code(Buf *out, const Place *place) {
	buf_printf(out, "<p>%s, <code>", side_title(place->side));
	put(out, str_of(place->name));
	buf_printf(out, ":%u</code></p>\n<pre><code>", place->start.line);
	put(out, place->excerpt);
	buf_puts(out, "</code></pre>\n");
}

static void put_terms(Buf *out, const WalkItem *item) {
	const double *axis = item->tradeoff.axis;
	buf_puts(out, "<dl>\n");
	term(out, "Candidate", str_of(item->candidate.id));
	if (item->verdict != VERDICT_NONE) term(out, "Verdict", str_of(verdict_name(item->verdict)));
	term(out, "By", item->who);
	term(out, "Because", item->because);
	term(out, "Condition", item->condition);
	buf_printf(out, "<dt>Trade-off</dt><dd>gain %.3g, accuracy risk %.3g, clean code %+.3g, effort %.3g</dd>\n",
	    axis[AXIS_GAIN], axis[AXIS_ACCURACY], axis[AXIS_CLARITY], axis[AXIS_EFFORT]);
	if (item->state != STATE_OPEN && item->state != STATE_SAME) term(out, "Now", str_of(state_words(item->state)));
	if (item->measurement.has_numbers) {
		buf_printf(
		    out, "<dt>Measured</dt><dd>%.6g before, %.6g after ", item->measurement.before, item->measurement.after);
		put(out, item->measurement.unit);
		buf_puts(out, "</dd>\n");
	}
	buf_puts(out, "</dl>\n");
}

static void put_step(Buf *out, const PlanStep *step, bool whole) {
	const Candidate *c = &step->item->candidate;
	buf_puts(out, "<section>\n<h3>");
	if (step->number > 0) buf_printf(out, "%zu. ", step->number);
	put(out, c->title);
	buf_puts(out, " <code>");
	put(out, c->place.component);
	buf_puts(out, "</code></h3>\n");
	put_terms(out, step->item);
	if (c->message.len > 0) {
		buf_puts(out, "<p>");
		put(out, c->message);
		buf_puts(out, "</p>\n");
	}
	put_code(out, &c->place);
	for (size_t i = 0; whole && i < c->n_evidence; i++) put_code(out, &c->evidence[i].place);
	if (whole && step->check.len > 0) {
		buf_puts(out, "<p>Check</p>\n<pre>");
		put(out, str_trim(step->check));
		buf_puts(out, "</pre>\n");
	}
	buf_puts(out, "</section>\n");
}

static void put_part(Buf *out, const char *title, const PlanStep *steps, size_t n, bool whole) {
	if (n == 0) return;
	buf_printf(out, "<h2>%s</h2>\n", title);
	for (size_t i = 0; i < n; i++) put_step(out, &steps[i], whole);
}

bool export_html(const Plan *plan, Buf *out, Err *err) {
	(void)err;
	buf_puts(out, HEAD);
	buf_puts(out, "<title>");
	put(out, plan->name);
	buf_puts(out, ": the plan</title>\n");
	buf_puts(out, STYLE);
	buf_puts(out, "</head>\n<body>\n<h1>");
	put(out, plan->name);
	buf_printf(out,
	    "</h1>\n<p>%zu steps (%zu done, %zu to be measured first), effort %.3g, of which %.3g is left; "
	    "%zu rejected, %zu deferred, %zu open. Written %.*s by triptych %s.</p>\n",
	    plan->n_steps, plan->n_done, plan->n_measure, plan->effort, plan->effort_left, plan->n_rejected,
	    plan->n_deferred, plan->n_open, STR_ARG(plan->made), TRIPTYCH_VERSION);
	put_chart(out, plan);
	put_part(out, "Steps, in order", plan->steps, plan->n_steps, true);
	put_part(out, "Rejected", plan->rejected, plan->n_rejected, false);
	put_part(out, "Deferred", plan->deferred, plan->n_deferred, false);
	put_part(out, "Still open", plan->open, plan->n_open, false);
	buf_puts(out, "</body>\n</html>\n");
	return true;
}
