#include "core/posix.h"

#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define PASTE_MAX ((size_t)1 << 20)
#define SEQUENCE_MAX 64 /* an escape sequence longer than this is none of ours */

/* ---- names ---- */

static const struct {
	const char *name;
	Key key;
} NAMES[] = {
	/* the first of several names is the one that is written */
	{ "Tab", KEYS_TAB },
	{ "Enter", KEYS_ENTER },
	{ "Return", KEYS_ENTER },
	{ "Esc", KEYS_ESC },
	{ "Escape", KEYS_ESC },
	{ "Space", ' ' },
	{ "BS", KEYS_BACKSPACE },
	{ "Backspace", KEYS_BACKSPACE },
	{ "Up", KEYS_UP },
	{ "Down", KEYS_DOWN },
	{ "Left", KEYS_LEFT },
	{ "Right", KEYS_RIGHT },
	{ "Home", KEYS_HOME },
	{ "End", KEYS_END },
	{ "PgUp", KEYS_PAGE_UP },
	{ "PageUp", KEYS_PAGE_UP },
	{ "PgDn", KEYS_PAGE_DOWN },
	{ "PageDown", KEYS_PAGE_DOWN },
	{ "Ins", KEYS_INSERT },
	{ "Insert", KEYS_INSERT },
	{ "Del", KEYS_DELETE },
	{ "Delete", KEYS_DELETE },
};

static bool special(Key plain) {
	return plain == KEYS_TAB || plain == KEYS_ENTER || plain == KEYS_ESC || plain == KEYS_BACKSPACE || plain >= KEYS_UP;
}

static bool parse_plain(Str name, Key *key) {
	for (size_t i = 0; i < BASE_COUNT(NAMES); i++)
		if (str_is(name, NAMES[i].name)) {
			*key = NAMES[i].key;
			return true;
		}
	if (name.len >= 2 && name.len <= 3 && name.ptr[0] == 'F' && name.ptr[1] >= '1' && name.ptr[1] <= '9') {
		int n = name.ptr[1] - '0';
		if (name.len == 3) n = name.ptr[2] >= '0' && name.ptr[2] <= '9' ? n * 10 + name.ptr[2] - '0' : 99;
		*key = KEYS_F1 + (Key)n - 1;
		return n >= 1 && n <= 12;
	}
	size_t len;
	uint32_t code = utf8_decode(name, &len);
	if (len != name.len || code == UINT32_MAX || code <= ' ' || code == KEYS_BACKSPACE) return false;
	*key = code;
	return true;
}

/* Control with Tab, Enter or Esc can't be told from the bare key by most terminals, so those names are refused; the same
 * for what a terminal sends as another key (C-i is Tab, C-m is Enter, C-[ is Esc). */
static bool possible(Key key) {
	Key plain = key & KEYS_PLAIN;
	if ((key & KEYS_SHIFT) && (!special(plain) || plain == KEYS_ESC || plain == KEYS_ENTER)) return false;
	if (!(key & KEYS_CTRL)) return true;
	if (plain >= KEYS_UP) return true;
	if (plain == 'i' || plain == 'm' || plain == '[') return false;
	return (plain >= 'a' && plain <= 'z') || plain == ' ' || plain == '\\' || plain == ']' || plain == '^' ||
	       plain == '_';
}

bool key_parse(Str name, Key *key) {
	Key modifiers = 0, plain = 0;
	while (name.len > 2 && name.ptr[1] == '-') {
		Key one = name.ptr[0] == 'C' ? KEYS_CTRL : name.ptr[0] == 'M' ? KEYS_META : name.ptr[0] == 'S' ? KEYS_SHIFT : 0;
		if (!one || (modifiers & one)) return false;
		modifiers |= one;
		name = str_sub(name, 2, name.len);
	}
	if (!parse_plain(name, &plain)) return false;
	if ((modifiers & KEYS_CTRL) && plain >= 'A' && plain <= 'Z') plain += 32;
	if (!possible(plain | modifiers)) return false;
	*key = plain | modifiers;
	return true;
}

const char *key_to_name(Key key, char out[KEYS_NAME_MAX]) {
	Key plain = key & KEYS_PLAIN;
	int n = snprintf(out, KEYS_NAME_MAX, "%s%s%s", key & KEYS_CTRL ? "C-" : "", key & KEYS_META ? "M-" : "",
	    key & KEYS_SHIFT ? "S-" : "");
	for (size_t i = 0; i < BASE_COUNT(NAMES); i++)
		if (NAMES[i].key == plain) {
			snprintf(out + n, KEYS_NAME_MAX - (size_t)n, "%s", NAMES[i].name);
			return out;
		}
	if (plain >= KEYS_F1 && plain <= KEYS_F12) {
		snprintf(out + n, KEYS_NAME_MAX - (size_t)n, "F%u", (unsigned)(plain - KEYS_F1 + 1));
		return out;
	}
	char bytes[4];
	size_t len = utf8_encode(plain, bytes);
	memcpy(out + n, bytes, len);
	out[(size_t)n + len] = '\0';
	return out;
}

bool key_types(Key key) { return key >= ' ' && key < KEYS_UP && key != KEYS_BACKSPACE; }

/* ---- the decoder ---- */

void key_decoder_done(KeyDecoder *decoder) {
	buf_done(&decoder->bytes);
	buf_done(&decoder->paste);
	free(decoder->own);
	*decoder = (KeyDecoder) { 0 };
}

void key_decoder_own(KeyDecoder *decoder, const char *bytes, Key key) {
	size_t len = bytes ? strlen(bytes) : 0;
	if (len < 2 || len >= sizeof decoder->own->bytes || bytes[0] != 27) return;
	decoder->own = base_realloc(decoder->own, (decoder->n_own + 1) * sizeof *decoder->own);
	struct KeySequence *own = &decoder->own[decoder->n_own++];
	*own = (struct KeySequence) { .key = key };
	memcpy(own->bytes, bytes, len);
}

void key_decoder_feed(KeyDecoder *decoder, Str bytes) {
	if (decoder->from == decoder->bytes.len) {
		buf_clear(&decoder->bytes);
		decoder->from = 0;
	}
	buf_str(&decoder->bytes, bytes);
}

bool key_decoder_waits(const KeyDecoder *decoder) { return !decoder->pasting && decoder->from < decoder->bytes.len; }

static Key modified(Key key, int parameter) {
	if (parameter < 2) return key;
	unsigned bits = (unsigned)parameter - 1;
	return key | (bits & 1 ? KEYS_SHIFT : 0) | (bits & 2 ? KEYS_META : 0) | (bits & 4 ? KEYS_CTRL : 0);
}

/* CSI n ~ : the numbers of DEC's and rxvt's keypads. */
static Key tilde_key(int n) {
	static const Key keys[] = {
		[1] = KEYS_HOME,
		[2] = KEYS_INSERT,
		[3] = KEYS_DELETE,
		[4] = KEYS_END,
		[5] = KEYS_PAGE_UP,
		[6] = KEYS_PAGE_DOWN,
		[7] = KEYS_HOME,
		[8] = KEYS_END,
		[11] = KEYS_F1,
		[12] = KEYS_F1 + 1,
		[13] = KEYS_F1 + 2,
		[14] = KEYS_F1 + 3,
		[15] = KEYS_F1 + 4,
		[17] = KEYS_F1 + 5,
		[18] = KEYS_F1 + 6,
		[19] = KEYS_F1 + 7,
		[20] = KEYS_F1 + 8,
		[21] = KEYS_F1 + 9,
		[23] = KEYS_F1 + 10,
		[24] = KEYS_F12,
	};
	return n > 0 && n < (int)BASE_COUNT(keys) ? keys[n] : KEYS_NONE;
}

static Key final_key(char final) {
	switch (final) {
	case 'A': return KEYS_UP;
	case 'B': return KEYS_DOWN;
	case 'C': return KEYS_RIGHT;
	case 'D': return KEYS_LEFT;
	case 'F': return KEYS_END;
	case 'H': return KEYS_HOME;
	case 'M': return KEYS_ENTER; /* of the keypad, after SS3 */
	case 'P': return KEYS_F1;
	case 'Q': return KEYS_F1 + 1;
	case 'R': return KEYS_F1 + 2;
	case 'S': return KEYS_F1 + 3;
	case 'Z': return KEYS_TAB | KEYS_SHIFT;
	default: return KEYS_NONE;
	}
}

/* SGR mouse: CSI < button ; column ; row M (pressed) or m (released). Wheel is button 64 and 65. */
static void mouse_event(const int *parameters, int n, char final, Event *event) {
	if (n < 3) return;
	int button = parameters[0] & ~(4 | 8 | 16), col = parameters[1] - 1, row = parameters[2] - 1;
	if (final != 'M' || row < 0 || col < 0) return;
	if (button == 0) *event = (Event) { .kind = EVENT_PRESS, .row = row, .col = col };
	if (button == 64 || button == 65)
		*event = (Event) { .kind = EVENT_WHEEL, .row = row, .col = col, .delta = button == 64 ? -3 : 3 };
}

/* A whole CSI sequence: ESC [ body final. */
static void csi_event(KeyDecoder *decoder, Str body, char final, Event *event) {
	int parameters[4] = { 0 }, n = 0;
	bool mouse = body.len && body.ptr[0] == '<', digits = false;
	for (size_t i = mouse ? 1 : 0; i < body.len && n < 4; i++) {
		char c = body.ptr[i];
		if (c >= '0' && c <= '9') {
			if (parameters[n] < 10000) parameters[n] = parameters[n] * 10 + c - '0';
			digits = true;
		} else if (c == ';') {
			n++;
			digits = false;
		} else {
			return; /* a reply or a private sequence that nobody asked for */
		}
	}
	if ((digits || n) && n < 4) n++;
	if (mouse) {
		mouse_event(parameters, n, final, event);
	} else if (final == '~' && parameters[0] == 200) {
		decoder->pasting = true;
	} else {
		Key key = final == '~' ? tilde_key(parameters[0]) : final_key(final);
		if (final == 'Z') n = 0;
		if (key != KEYS_NONE && final != 'M')
			*event = (Event) { .kind = EVENT_KEY, .key = modified(key, n > 1 ? parameters[1] : 0) };
	}
}

/* Bytes of the escape sequence at the start of text (which begins with ESC and has more), 0 when its end isn't there. */
static size_t sequence_length(Str text) {
	if (text.ptr[1] == 'O') return text.len >= 3 ? 3 : 0;
	if (text.ptr[1] == ']' || text.ptr[1] == 'P' || text.ptr[1] == '_') { /* a string, until BEL or ESC \ */
		for (size_t i = 2; i < text.len; i++) {
			if (text.ptr[i] == 7) return i + 1;
			if (text.ptr[i] == 27) return i + 1 < text.len ? i + 2 : 0;
		}
		return 0;
	}
	for (size_t i = 2; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c >= 0x40 && c <= 0x7E) return i + 1;
		if (c < 0x20 || c > 0x7E) return i; /* broken off */
	}
	return text.len > SEQUENCE_MAX ? text.len : 0;
}

static Key plain_key(Str text, size_t *used) {
	unsigned char c = (unsigned char)text.ptr[0];
	*used = 1;
	if (c == '\r' || c == '\n') return KEYS_ENTER;
	if (c == '\t' || c == 27 || c == 127) return c;
	if (c == 8) return KEYS_BACKSPACE;
	if (c == 0) return KEYS_CTRL | ' ';
	if (c < 27) return KEYS_CTRL | (Key)(c + 'a' - 1);
	if (c < 32) return KEYS_CTRL | (Key)(c + '@');
	uint32_t code = utf8_decode(text, used);
	if (code != UINT32_MAX) return code;
	size_t need = c >= 0xF5 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1, have = 1;
	while (have < text.len && have < need && ((unsigned char)text.ptr[have] & 0xC0) == 0x80) have++;
	if (have < need && have == text.len) {
		*used = 0; /* the rest of the character hasn't come yet */
		return KEYS_NONE;
	}
	*used = 1;
	return KEYS_NONE; /* no UTF-8: dropped */
}

static bool own_sequence(const KeyDecoder *decoder, Str text, Event *event, size_t *used) {
	for (size_t i = 0; i < decoder->n_own; i++)
		if (str_starts(text, decoder->own[i].bytes)) {
			*event = (Event) { .kind = EVENT_KEY, .key = decoder->own[i].key };
			*used = strlen(decoder->own[i].bytes);
			return true;
		}
	return false;
}

static bool own_begins(const KeyDecoder *decoder, Str text) {
	for (size_t i = 0; i < decoder->n_own; i++)
		if (text.len < strlen(decoder->own[i].bytes) && memcmp(decoder->own[i].bytes, text.ptr, text.len) == 0)
			return true;
	return false;
}

/* Decodes one thing that begins with ESC; returns bytes used, 0 when more must come. */
static size_t escape(KeyDecoder *decoder, Str text, bool late, Event *event) {
	size_t used;
	if (own_sequence(decoder, text, event, &used)) return used;
	if (!late && own_begins(decoder, text)) return 0;
	bool sequence = text.len > 1 && strchr("[O]P_", text.ptr[1]);
	if (sequence && (used = sequence_length(text)) > 0) {
		char final = text.ptr[used - 1];
		if (text.ptr[1] == '[') csi_event(decoder, str_sub(text, 2, used - 1), final, event);
		if (text.ptr[1] == 'O' && final_key(final) != KEYS_NONE)
			*event = (Event) { .kind = EVENT_KEY, .key = final_key(final) };
		return used;
	}
	if (!late && (text.len == 1 || sequence)) return 0;
	if (text.len == 1) {
		*event = (Event) { .kind = EVENT_KEY, .key = KEYS_ESC };
		return 1;
	}
	if (text.len > 2 && sequence) return text.len; /* what is left of a sequence that never ended */
	if (text.ptr[1] == 27) {
		*event = (Event) { .kind = EVENT_KEY, .key = KEYS_ESC };
		return 1;
	}
	Key key = plain_key(str_sub(text, 1, text.len), &used);
	if (used == 0) return late ? text.len : 0;
	if (key != KEYS_NONE) *event = (Event) { .kind = EVENT_KEY, .key = key | KEYS_META };
	return used + 1;
}

/* Collects pasted bytes up to ESC [ 201 ~ ; true when the end was there. */
static bool collect_paste(KeyDecoder *decoder) {
	Str rest = str_sub(buf_view(&decoder->bytes), decoder->from, decoder->bytes.len);
	size_t end = str_find(rest, "\x1b[201~", 0);
	size_t take = end != SIZE_MAX ? end : rest.len > 5 ? rest.len - 5 : 0; /* the mark may be cut by a read */
	if (decoder->paste.max == 0) decoder->paste.max = PASTE_MAX;
	for (size_t i = 0; i < take; i++) {
		char c = rest.ptr[i];
		if (c == '\r') c = '\n'; /* what terminals send for a newline */
		buf_putc(&decoder->paste, c);
	}
	decoder->from += take;
	if (end == SIZE_MAX) return false;
	decoder->from += 6;
	decoder->pasting = false;
	return true;
}

bool key_decoder_next(KeyDecoder *decoder, bool late, Event *event) {
	*event = (Event) { 0 };
	for (;;) {
		if (decoder->pasting) {
			if (!collect_paste(decoder)) return false;
			*event = (Event) { .kind = EVENT_PASTE, .text = buf_view(&decoder->paste) };
			return true;
		}
		Str rest = str_sub(buf_view(&decoder->bytes), decoder->from, decoder->bytes.len);
		if (rest.len == 0) return false;
		buf_clear(&decoder->paste);
		decoder->paste.too_big = false;
		size_t used = 0;
		if (rest.ptr[0] == 27) {
			used = escape(decoder, rest, late, event);
		} else {
			Key key = plain_key(rest, &used);
			if (used == 0 && late) used = 1;
			if (key != KEYS_NONE) *event = (Event) { .kind = EVENT_KEY, .key = key };
		}
		if (used == 0) return false;
		decoder->from += used;
		if (event->kind != EVENT_NONE) return true;
	}
}
