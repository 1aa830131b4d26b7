/* Linked with all objects of one layer and those below it, to show that they need nothing from above. */
#include "core/posix.h"

#include "core/data.h"

int main(void) {
	Str text;
	return data_get("queries/swift.scm", &text) ? 0 : 1;
}
