# Triptych. `make help` lists what can be asked for. GNU make 3.81 (macOS) runs this file.
# For taste, from outside: CC, CFLAGS, LDFLAGS, PREFIX, DESTDIR. What the program needs is added apart.

VERSION := 0.1.0
BUILD   ?= build
# The unpacked grammars and their objects; several build folders may share them.
GRAMMARS ?= $(BUILD)/grammars
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
SHELL   := /bin/sh
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpedantic
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# ---- libraries: found by pkg-config; Homebrew keeps three of them out of its path ----

LIBRARIES := ncursesw libcurl libcjson sqlite3 libgit2 libcmark libutf8proc
ifeq ($(shell uname -s),Darwin)
KEGS := $(shell brew --prefix 2>/dev/null)/opt
export PKG_CONFIG_PATH := $(KEGS)/ncurses/lib/pkgconfig:$(KEGS)/curl/lib/pkgconfig:$(KEGS)/sqlite/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif
pkg = $(shell PKG_CONFIG_PATH='$(PKG_CONFIG_PATH)' pkg-config $(1) 2>/dev/null)
HAVE_LIBRARIES := $(call pkg,--exists $(LIBRARIES) && echo yes)
# Feature macros are core/posix.h's business; the libraries' headers are not ours to warn about.
headers = $(patsubst -I%,-isystem %,$(filter-out -D_%,$(call pkg,--cflags $(1))))
LIB_CFLAGS := $(call headers,$(LIBRARIES)) -isystem $(GRAMMARS)/tree-sitter/include
LIB_LIBS   := $(call pkg,--libs $(LIBRARIES)) -lm
TEST_CFLAGS := $(call headers,cmocka)
TEST_LIBS   := $(call pkg,--libs cmocka)

NEEDED := -std=c11 -pthread $(WARN) -I. -DTRIPTYCH_VERSION='"$(VERSION)"' $(LIB_CFLAGS)

# ---- what there is; SKIP="core/x.c ..." leaves files out while they are being written ----

SOURCES := $(filter-out core/embed.c tui/main.c $(SKIP),$(wildcard core/*.c prompts/*.c sessions/*.c tui/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
ASAN_OBJECTS := $(SOURCES:%.c=$(BUILD)/asan/%.o)
MAIN    := $(filter-out $(SKIP),$(wildcard tui/main.c))
SUITES  := $(filter-out $(SKIP:%.c=%),$(patsubst %.c,%,$(wildcard tests/test_*.c)))
SCRIPTS := $(wildcard tests/test_*.py tests/test_*.sh)
SUPPORT := $(wildcard tests/support/*.c)
GRAMMAR_OBJECTS := $(addprefix $(GRAMMARS)/,core.o swift-parser.o swift-scanner.o python-parser.o python-scanner.o)

DATA := $(sort $(wildcard core/techniques/*.md core/ops.tsv core/mlx_api.tsv core/queries/* prompts/*.md sessions/*.sql) \
        $(shell find sessions/demo -type f ! -name '.DS_Store' ! -name '*~' ! -name '.*.sw?' 2>/dev/null))

# $(call remember,NAME,TEXT): $(BUILD)/NAME, a file that is renewed when TEXT differs from what it holds.
FORCE:
define remember_rule
ifneq ($$(strip $(2)),$$(strip $$(shell cat $(BUILD)/$(1) 2>/dev/null)))
$(BUILD)/$(1): FORCE
endif
$(BUILD)/$(1):
	@mkdir -p $$(@D) && printf '%s\n' '$$(subst ','\'',$$(strip $(2)))' >$$@
endef
$(eval $(call remember_rule,data.list,$$(DATA)))
$(eval $(call remember_rule,flags,$$(CC) $$(NEEDED) $$(CFLAGS) $$(CPPFLAGS)))
$(eval $(call remember_rule,asan/flags,$$(CC) $$(NEEDED) $$(SANITIZE) $$(CPPFLAGS)))
$(eval $(call remember_rule,objects.list,$$(OBJECTS)))

# ---- build ----

.PHONY: all help setup run test lint check check-macos install uninstall dist bench bench-quality fuzz accept \
        test-peers clean libraries FORCE

all: $(if $(MAIN),$(BUILD)/triptych,$(BUILD)/libtriptych.a)

# An order-only prerequisite of every object: says what is missing, in one line, and installs nothing.
ifneq ($(HAVE_LIBRARIES),yes)
libraries:
	@packaging/setup --check build
	@echo "pkg-config doesn't find all of: $(LIBRARIES)" >&2; exit 1
READY := libraries
endif

$(BUILD)/triptych: $(BUILD)/tui/main.o $(BUILD)/libtriptych.a $(GRAMMAR_OBJECTS)
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/asan/triptych: $(BUILD)/asan/tui/main.o $(BUILD)/asan/libtriptych.a $(GRAMMAR_OBJECTS)
	$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/libtriptych.a: $(OBJECTS) $(BUILD)/data_table.o $(BUILD)/objects.list
	@rm -f $@
	$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/asan/libtriptych.a: $(ASAN_OBJECTS) $(BUILD)/data_table.o $(BUILD)/objects.list
	@rm -f $@
	$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/asan/tests/test_%: $(BUILD)/asan/tests/test_%.o $(SUPPORT:%.c=$(BUILD)/asan/%.o) $(BUILD)/asan/libtriptych.a $(GRAMMAR_OBJECTS)
	$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) $(TEST_LIBS)

# make 3.81 takes the first pattern that fits, so the narrower ones stand first.
$(BUILD)/asan/tests/%.o: tests/%.c $(BUILD)/asan/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(CC) $(NEEDED) $(TEST_CFLAGS) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/%.o: %.c $(BUILD)/asan/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(CC) $(NEEDED) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(CC) $(NEEDED) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/core/syntax.o $(BUILD)/asan/core/syntax.o: $(GRAMMARS)/stamp
.SECONDARY: $(SUITES:%=$(BUILD)/asan/%.o)

-include $(OBJECTS:.o=.d) $(ASAN_OBJECTS:.o=.d) $(SUITES:%=$(BUILD)/asan/%.d) $(SUPPORT:%.c=$(BUILD)/asan/%.d)
-include $(BUILD)/tui/main.d $(BUILD)/asan/tui/main.d

# ---- embedded data: core/embed.c runs here, whatever the program is built for ----

HOSTCC ?= $(CC)
$(BUILD)/embed: core/embed.c core/posix.h
	@mkdir -p $(@D)
	$(HOSTCC) -std=c11 $(WARN) -I. -O1 -o $@ $<

QUERIES := queries/swift.scm=$(GRAMMARS)/tree-sitter-swift/queries/highlights.scm \
           queries/python.scm=$(GRAMMARS)/tree-sitter-python/queries/highlights.scm

$(BUILD)/data_table.c: $(BUILD)/embed $(BUILD)/data.list $(DATA) $(GRAMMARS)/stamp
	$(BUILD)/embed $@ $(DATA) $(QUERIES)

# ISO C promises 4095 bytes a string literal; every compiler at hand takes more, and an array of numbers is slow.
$(BUILD)/data_table.o: $(BUILD)/data_table.c core/data.h core/base.h
	$(CC) -std=c11 $(WARN) -Wno-overlength-strings -I. -O0 -c -o $@ $<

# ---- grammars: fetched once, by one rule; always optimised, never under our warnings or sanitizers ----

$(GRAMMARS)/stamp: core/grammars.lock
	packaging/grammars core/grammars.lock $(GRAMMARS)

GRAMMAR_CC = $(CC) -std=c11 -O2 -w -D_POSIX_C_SOURCE=200112L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -c -o $@
TS := $(GRAMMARS)/tree-sitter
$(GRAMMAR_OBJECTS): $(GRAMMARS)/stamp
$(GRAMMARS)/core.o:; $(GRAMMAR_CC) -I $(TS)/include -I $(TS)/src $(TS)/src/lib.c
$(GRAMMARS)/%-parser.o:; $(GRAMMAR_CC) -I $(TS)-$*/src $(TS)-$*/src/parser.c
$(GRAMMARS)/%-scanner.o:; $(GRAMMAR_CC) -I $(TS)-$*/src $(TS)-$*/src/scanner.c

# ---- to be used ----

setup: ## install what is missing to build and to test (silent when all is there)
	@packaging/setup build test

run: ## install what is missing, build, and open the demo
	@packaging/setup build
	@$(MAKE) --no-print-directory all
	@$(BUILD)/triptych demo

test: ## install what is missing, build with sanitizers, run every suite (T=name: those whose name has it)
	@packaging/setup build test
	@$(MAKE) --no-print-directory check

# The suites that T selects, built and run; what `make test` does once everything is installed.
CHOSEN := $(foreach s,$(SUITES),$(if $(findstring $(T),$(s:tests/test_%=%)),$(s)))
CHOSEN_SCRIPTS := $(foreach s,$(SCRIPTS),$(if $(findstring $(T),$(s:tests/test_%=%)),$(s)))
ifeq ($(strip $(T)),)
CHOSEN := $(SUITES)
CHOSEN_SCRIPTS := $(SCRIPTS)
endif
check: $(CHOSEN:%=$(BUILD)/asan/%) $(if $(MAIN),$(BUILD)/asan/triptych)
	@TRIPTYCH="$(CURDIR)/$(BUILD)/asan/triptych" tests/run $(CHOSEN:%=$(BUILD)/asan/%) $(CHOSEN_SCRIPTS)

lint: ## formatting, include directions, sizes, banned calls, link tests
	@tests/lint/run

clean: ## remove what was built, the grammars too
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16
