/* Keys and what else a terminal sends: their names, and the decoder from bytes to events.
 *
 * A key is named in text the same way in the configuration, in scripts, on the help screen and in hints: "a", "?", "C-e",
 * "M-x", "S-Tab", "PgDn", "F1", "Space", "C-Left". The decoder is fed bytes and never reads anything itself, so it is
 * tested without a terminal. It knows what xterm and its kin send, and takes a terminal's own sequences (from terminfo)
 * on top. */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "core/base.h"

/* A Unicode code point, or one of the codes below, with modifiers above bit 24. Letters with Control are lower case.
 * (KEYS_, since curses.h has macros of the other names.) */
typedef uint32_t Key;

enum {
	KEYS_NONE = 0,
	KEYS_TAB = 9,
	KEYS_ENTER = 13,
	KEYS_ESC = 27,
	KEYS_BACKSPACE = 127,
	KEYS_UP = 0x110000,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_HOME,
	KEYS_END,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_INSERT,
	KEYS_DELETE,
	KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
	KEYS_SHIFT = 1 << 24, /* only with keys that are no characters */
	KEYS_META = 1 << 25,
	KEYS_CTRL = 1 << 26,
	KEYS_PLAIN = (1 << 24) - 1,
};

/* Reads one name; false when it is none. */
bool key_parse(Str name, Key *key);
/* Writes the name, NUL-terminated: the shortest that key_parse takes back. */
#define KEYS_NAME_MAX 32
const char *key_to_name(Key key, char out[KEYS_NAME_MAX]);
/* True for a key that types a character into an input line. */
bool key_types(Key key);

typedef enum EventKind {
	EVENT_NONE,
	EVENT_KEY,
	EVENT_PASTE, /* text is the whole paste, newlines as \n */
	EVENT_PRESS, /* left button, at row and col */
	EVENT_WHEEL, /* delta lines, negative up, at row and col */
} EventKind;

typedef struct Event {
	EventKind kind;
	Key key;
	int row, col; /* from 0 */
	int delta;
	Str text; /* borrowed until the next call of the decoder */
} Event;

/* The decoder: all-zero is ready. */
typedef struct KeyDecoder {
	Buf bytes;   /* not yet decoded */
	size_t from; /* of bytes, where the undecoded part begins */
	Buf paste;
	bool pasting;
	struct KeySequence {
		char bytes[16];
		Key key;
	} * own; /* the terminal's own sequences */
	size_t n_own;
} KeyDecoder;

void key_decoder_done(KeyDecoder *decoder);
/* Adds a sequence of this terminal's (as terminfo has it). Ones that aren't an escape sequence are ignored. */
void key_decoder_own(KeyDecoder *decoder, const char *bytes, Key key);
void key_decoder_feed(KeyDecoder *decoder, Str bytes);
/* Takes the next event; false when there is none yet. A beginning that could still become more (a lone ESC) is held
 * back, unless `late` says that nothing came within KEYS_ESC_MS. A paste is given whole, at its end; at most 1 MB. */
bool key_decoder_next(KeyDecoder *decoder, bool late, Event *event);
/* True when something is held back: call key_decoder_next with late after KEYS_ESC_MS milliseconds of silence. */
bool key_decoder_waits(const KeyDecoder *decoder);
#define KEYS_ESC_MS 30

#endif
