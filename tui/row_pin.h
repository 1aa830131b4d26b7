/* Corrections of rows as a person types and reads them: "SWIFT = MLX, TORCH". Shared by the screen and the command line.
 *
 * A name left empty means that nothing answers; a side left out (no comma) is not corrected. */
#ifndef TUI_ROW_PIN_H
#define TUI_ROW_PIN_H

#include "core/scan.h"

/* The parts are views of text. False with err when it is not of that form. */
bool row_pin_parse(Str text, RowPin *out, Err *err);
/* "Nothing of the references answers swift." */
RowPin row_pin_nothing(Str swift);
/* Whether all its names are components of the scan, and each of one file alone; err says what is there instead. */
bool row_pin_check(const Scan *scan, const RowPin *pin, Err *err);
/* "Attention.init is answered by Attention.__init__ in the Python reference, by nothing in the PyTorch original" */
Str row_pin_words(const RowPin *pin, Arena *arena);
/* What an event of the log says (LogEvent.data of a correction): such words, or that a correction was taken back; empty when it
 * can't be read. */
Str row_pin_event_words(Str data, Arena *arena);
/* Whether the corrections differ: then the rows, and what was found by them, are no longer as they say. */
uint64_t row_pins_hash(const RowPins *pins);

#endif
