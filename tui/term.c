#include "core/posix.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "core/utf8.h"
#include "tui/restore.h"

#include <term.h> /* last: its macros are common words */

#define MOUSE_ON "\x1b[?1000h\x1b[?1006h" /* clicks and wheel, as SGR reports */
#define PASTE_ON "\x1b[?2004h"            /* bracketed */
#define MODES_OFF "\x1b[?2004l\x1b[?1006l\x1b[?1000l"
#define COPY_MAX 100000

struct Term {
	int input, output;
	bool close_input, close_output;
	FILE *in, *out;
	SCREEN *screen;
	struct termios before;
	bool away, ascii, modes, mouse; /* mouse: it is ours */
	int colors;
	Grid shown; /* what was sent last, to send only rows that changed */
	ThemeId theme;
	bool all; /* everything must be sent */
	struct Pair {
		short fg, bg;
	} * pairs;
	int n_pairs, pair_limit;
};

/* ---- finding it ---- */

static int open_by_name(int fd) {
	const char *name = ttyname(fd);
	int opened = name && strcmp(name, "/dev/tty") != 0 ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (opened >= 0 || name) return opened;
	/* no name (some containers): the descriptor itself, if it can be read */
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && (flags & O_ACCMODE) == O_RDWR ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
}

int term_find(bool *opened, Err *err) {
	*opened = false;
	if (isatty(STDIN_FILENO)) return STDIN_FILENO;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		int found = isatty(fd) ? open_by_name(fd) : -1;
		if (found < 0) continue;
		*opened = true;
		return found;
	}
	err_set(
	    err, "there is no terminal here: neither input nor output is one (the commands work without: triptych --help)");
	return -1;
}

static bool find(Term *term, Err *err) {
	term->input = term_find(&term->close_input, err);
	if (term->input < 0) return false;
	term->output = isatty(STDOUT_FILENO) ? STDOUT_FILENO : term->close_input ? term->input : -1;
	if (term->output < 0) {
		term->output = open_by_name(term->input);
		term->close_output = term->output >= 0;
	}
	if (term->output < 0) return err_set(err, "cannot write to the terminal: %s", strerror(errno));
	return true;
}

/* ---- setting it up ---- */

/* Adds a terminfo string without its padding marks ($<5>). */
static void add_capability(Buf *out, const char *name) {
	const char *text = tigetstr(name);
	if (!text || text == (char *)-1) return;
	for (; *text; text++) {
		if (text[0] == '$' && text[1] == '<') {
			const char *end = strchr(text, '>');
			if (!end) return;
			text = end;
			continue;
		}
		buf_putc(out, *text);
	}
}

static bool has(const char *name) {
	const char *text = tigetstr(name);
	return text && text != (char *)-1;
}

static void arm(Term *term) {
	Buf bytes = { 0 };
	if (term->modes) buf_puts(&bytes, MODES_OFF);
	add_capability(&bytes, "sgr0");
	add_capability(&bytes, "op");
	add_capability(&bytes, "cnorm");
	add_capability(&bytes, "rmcup");
	restore_arm(term->output, &term->before, buf_view(&bytes));
	buf_done(&bytes);
}

static void send(Term *term, const char *text) {
	fputs(text, term->out);
	fflush(term->out);
}

static void take_colors(Term *term) {
	term->colors = 0;
	if (!has_colors() || start_color() != OK) return;
	bool own = use_default_colors() == OK;
	term->colors = own && COLORS >= 8 ? COLORS : 0; /* without a default colour only the mono theme looks right */
	term->pair_limit = COLOR_PAIRS > 1024 ? 1024 : COLOR_PAIRS;
}

static void modes_on(Term *term) {
	raw();
	noecho();
	nonl();
	keypad(stdscr, FALSE); /* bytes are decoded by tui/keys.c, which knows both modes of the keypad */
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	if (term->modes && term->mouse) send(term, MOUSE_ON);
	if (term->modes) send(term, PASTE_ON);
}

Term *term_open(bool mouse, Err *err) {
	setlocale(LC_CTYPE, "");
	Term *term = base_alloc(sizeof *term);
	term->mouse = mouse;
	term->input = term->output = -1;
	if (!find(term, err) || tcgetattr(term->input, &term->before) != 0) {
		if (term->input >= 0 && term->output >= 0)
			err_set(err, "cannot read the terminal's modes: %s", strerror(errno));
		term_close(term);
		return NULL;
	}
	term->in = fdopen(fcntl(term->input, F_DUPFD_CLOEXEC, 3), "r");
	term->out = fdopen(fcntl(term->output, F_DUPFD_CLOEXEC, 3), "w");
	const char *name = getenv("TERM");
	if (term->in && term->out) term->screen = newterm(NULL, term->out, term->in);
	if (!term->screen || !has("cup")) {
		if (!term->screen)
			err_set(err, "no terminal description for TERM '%s' (try TERM=xterm-256color)", name ? name : "");
		else
			err_set(err, "the terminal '%s' cannot move its cursor (the commands work without: triptych --help)",
			    name ? name : "");
		term_close(term);
		return NULL;
	}
	set_term(term->screen);
	term->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	term->modes = has("kmous") || (name && strstr(name, "xterm"));
	take_colors(term);
	arm(term);
	modes_on(term);
	term->all = true;
	return term;
}

bool term_probe(int *colors, Err *err) {
	const char *name = getenv("TERM");
	int status;
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return err_set(err, "there is no terminal description for TERM '%s'", name ? name : "");
	bool moves = has("cup");
	int n = tigetnum("colors");
	*colors = n > 0 ? n : 0;
	del_curterm(cur_term);
	return moves || err_set(err, "the terminal '%s' cannot move its cursor", name ? name : "");
}

void term_close(Term *term) {
	if (!term) return;
	if (term->screen) {
		if (!term->away) term_leave(term);
		delscreen(term->screen);
	}
	if (term->in) fclose(term->in);
	if (term->out) fclose(term->out);
	if (term->close_input) close(term->input);
	if (term->close_output) close(term->output);
	grid_done(&term->shown);
	free(term->pairs);
	free(term);
}

void term_leave(Term *term) {
	if (term->away) return;
	term->away = true;
	if (term->modes) send(term, MODES_OFF);
	curs_set(1);
	endwin();
	fflush(term->out);
	tcsetattr(term->input, TCSADRAIN, &term->before);
	restore_disarm();
}

void term_return(Term *term) {
	if (!term->away) return;
	term->away = false;
	tcgetattr(term->input, &term->before); /* the shell may have changed it meanwhile */
	arm(term);
	modes_on(term);
	term_resized(term);
	term_redraw(term);
	wrefresh(curscr);
}

int term_input(const Term *term) { return term->input; }

bool term_ascii(const Term *term) { return term->ascii; }

int term_colors(const Term *term) { return term->colors; }

void term_size(const Term *term, int *rows, int *cols) {
	struct winsize size = { 0 };
	*rows = LINES;
	*cols = COLS;
	if (ioctl(term->output, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
		*rows = size.ws_row;
		*cols = size.ws_col;
	}
}

void term_resized(Term *term) {
	int rows, cols;
	term_size(term, &rows, &cols);
	if (rows != LINES || cols != COLS) resizeterm(rows, cols);
	term->all = true;
}

void term_redraw(Term *term) {
	term->all = true;
	clearok(curscr, TRUE);
}

/* ---- showing a grid ---- */

static short pair_of(Term *term, short fg, short bg) {
	if (fg < 0 && bg < 0) return 0;
	for (int i = 0; i < term->n_pairs; i++)
		if (term->pairs[i].fg == fg && term->pairs[i].bg == bg) return (short)(i + 1);
	if (term->n_pairs + 1 >= term->pair_limit) return 0; /* used up: the default, rather than a wrong colour */
	if (init_pair((short)(term->n_pairs + 1), fg, bg) != OK) return 0;
	term->pairs = base_realloc(term->pairs, (size_t)(term->n_pairs + 1) * sizeof *term->pairs);
	term->pairs[term->n_pairs++] = (struct Pair) { fg, bg };
	return (short)term->n_pairs;
}

static attr_t attributes(Look look) {
	static const struct {
		uint8_t look;
		attr_t attr;
	} table[] = {
		{ LOOK_BOLD, A_BOLD },
		{ LOOK_DIM, A_DIM },
		{ LOOK_UNDERLINE, A_UNDERLINE },
		{ LOOK_REVERSE, A_REVERSE },
#ifdef A_ITALIC
		{ LOOK_ITALIC, A_ITALIC },
#endif
	};
	attr_t attr = A_NORMAL;
	for (size_t i = 0; i < BASE_COUNT(table); i++)
		if (look.attr & table[i].look) attr |= table[i].attr;
	return attr;
}

/* The cluster as ncurses and every terminal can hold it: the first character and the marks on it, without what joins or
 * restyles emoji. Returns the cells that the C library gives it: 1 or 2, or 0 when it must be replaced. */
static int to_wide(Str text, wchar_t out[CCHARW_MAX + 1]) {
	int n = 0, width = 0;
	while (text.len && n < CCHARW_MAX) {
		size_t len;
		uint32_t code = utf8_decode(text, &len);
		int w = code == UINT32_MAX ? -1 : wcwidth((wchar_t)code);
		if (n == 0 && (w < 1 || w > 2)) return 0;
		if (n == 0)
			width = w;
		else if (w != 0 || code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F))
			break;
		out[n++] = (wchar_t)code;
		text = str_sub(text, len, text.len);
	}
	out[n] = L'\0';
	return width;
}

static void show_cell(Term *term, const Cell *cell, int row, int col) {
	Look look = theme_look(term->theme, term->colors, cell->style);
	attr_t attr = attributes(look);
	short pair = pair_of(term, look.fg, look.bg);
	wchar_t wide[CCHARW_MAX + 1] = { L' ' };
	int width = 1;
	if (term->ascii) {
		wide[0] = (wchar_t)(unsigned char)grid_ascii(cell);
	} else {
		width = to_wide(grid_glyph(cell), wide);
		if (width == 0 || width > cell->width) {
			wide[0] = cell->width == 2 ? L'\u3013' : L'\uFFFD'; /* 〓 and the replacement character */
			wide[1] = L'\0';
			width = cell->width;
		}
	}
	cchar_t out;
	setcchar(&out, wide, attr, pair, NULL);
	mvadd_wch(row, col, &out);
	if (width >= cell->width) return;
	wchar_t blank[2] = { L' ', L'\0' };
	setcchar(&out, blank, attr, pair, NULL);
	mvadd_wch(row, col + 1, &out);
}

static bool row_differs(const Term *term, const Grid *grid, int row) {
	if (term->all) return true;
	return memcmp(grid_at(&term->shown, row, 0), grid_at(grid, row, 0), sizeof(Cell) * (size_t)grid->cols) != 0;
}

void term_show(Term *term, const Grid *grid, ThemeId theme) {
	if (term->away) return;
	if (theme != term->theme || grid->rows != term->shown.rows || grid->cols != term->shown.cols) term->all = true;
	term->theme = theme;
	if (term->all) {
		erase();
		grid_resize(&term->shown, grid->rows, grid->cols);
	}
	for (int row = 0; row < grid->rows && row < LINES; row++) {
		if (!row_differs(term, grid, row)) continue;
		for (int col = 0; col < grid->cols && col < COLS; col++) {
			const Cell *cell = grid_at(grid, row, col);
			if (cell->width) show_cell(term, cell, row, col);
		}
	}
	memcpy(term->shown.cells, grid->cells, sizeof(Cell) * (size_t)grid->rows * (size_t)grid->cols);
	term->all = false;
	curs_set(grid->cursor_row >= 0);
	if (grid->cursor_row >= 0) move(grid->cursor_row, grid->cursor_col);
	refresh();
}

/* ---- bytes in and out ---- */

/* What terminfo says of this terminal's keys. */
static const struct {
	const char *name;
	Key key;
} OWN_KEYS[] = {
	{ "kcuu1", KEYS_UP },
	{ "kcud1", KEYS_DOWN },
	{ "kcub1", KEYS_LEFT },
	{ "kcuf1", KEYS_RIGHT },
	{ "khome", KEYS_HOME },
	{ "kend", KEYS_END },
	{ "kpp", KEYS_PAGE_UP },
	{ "knp", KEYS_PAGE_DOWN },
	{ "kich1", KEYS_INSERT },
	{ "kdch1", KEYS_DELETE },
	{ "kcbt", KEYS_TAB | KEYS_SHIFT },
	{ "kf1", KEYS_F1 },
	{ "kf2", KEYS_F1 + 1 },
	{ "kf3", KEYS_F1 + 2 },
	{ "kf4", KEYS_F1 + 3 },
	{ "kf5", KEYS_F1 + 4 },
	{ "kf6", KEYS_F1 + 5 },
	{ "kf7", KEYS_F1 + 6 },
	{ "kf8", KEYS_F1 + 7 },
	{ "kf9", KEYS_F1 + 8 },
	{ "kf10", KEYS_F1 + 9 },
	{ "kf11", KEYS_F1 + 10 },
	{ "kf12", KEYS_F12 },
};

static void learn_keys(KeyDecoder *decoder) {
	for (size_t i = 0; i < BASE_COUNT(OWN_KEYS); i++) {
		const char *bytes = tigetstr(OWN_KEYS[i].name);
		if (bytes && bytes != (char *)-1) key_decoder_own(decoder, bytes, OWN_KEYS[i].key);
	}
}

bool term_read(Term *term, KeyDecoder *decoder) {
	if (!decoder->n_own) learn_keys(decoder);
	char bytes[4096];
	for (;;) {
		struct pollfd fd = { .fd = term->input, .events = POLLIN };
		int ready = poll(&fd, 1, 0);
		if (ready < 0 && errno == EINTR) continue;
		if (ready <= 0) return true;
		ssize_t n = read(term->input, bytes, sizeof bytes);
		if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
		if (n <= 0) return false;
		key_decoder_feed(decoder, (Str) { bytes, (size_t)n });
	}
}

bool term_copy(Term *term, Str text) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (text.len > COPY_MAX) return false;
	fputs("\x1b]52;c;", term->out);
	for (size_t i = 0; i < text.len; i += 3) {
		uint32_t three = 0;
		for (size_t j = 0; j < 3; j++) three = three << 8 | (i + j < text.len ? (unsigned char)text.ptr[i + j] : 0u);
		for (size_t j = 0; j < 4; j++) fputc(i + j > text.len ? '=' : digits[three >> (18 - 6 * j) & 63], term->out);
	}
	fputs("\x07", term->out);
	fflush(term->out);
	return true;
}
