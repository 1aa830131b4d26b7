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

# Each step is one short line; V=1 shows the commands.
say = @$(if $(V),:,printf '%-5s %s\n' $(1) '$(if $(2),$(2),$@)')
Q   := $(if $(V),,@)

# ---- libraries: found by pkg-config; Homebrew keeps three of them out of its path ----

LIBRARIES := ncursesw libcurl libcjson sqlite3 libgit2 libcmark libutf8proc
ifeq ($(shell uname -s),Darwin)
KEGS := $(shell brew --prefix 2>/dev/null)/opt
export PKG_CONFIG_PATH := $(KEGS)/ncurses/lib/pkgconfig:$(KEGS)/curl/lib/pkgconfig:$(KEGS)/sqlite/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif
pkg = $(shell { PKG_CONFIG_PATH='$(PKG_CONFIG_PATH)' pkg-config $(1); } 2>/dev/null)
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

.PHONY: all check lint-sources lint-globals check-macos setup run test lint bench bench-quality bench-lexicon bench-identity fuzz test-peers accept install uninstall dist \
        clean help libraries FORCE

all: $(if $(MAIN),$(BUILD)/triptych,$(BUILD)/libtriptych.a)

# An order-only prerequisite of every object: says what is missing, in one line, and installs nothing.
ifneq ($(HAVE_LIBRARIES),yes)
libraries:
	@GRAMMARS='$(GRAMMARS)' packaging/setup --check build
	@echo "pkg-config doesn't find all of: $(LIBRARIES)" >&2; exit 1
READY := libraries
endif

$(BUILD)/triptych: $(BUILD)/tui/main.o $(BUILD)/libtriptych.a $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/asan/triptych: $(BUILD)/asan/tui/main.o $(BUILD)/asan/libtriptych.a $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/libtriptych.a: $(OBJECTS) $(BUILD)/data_table.o $(BUILD)/objects.list
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/asan/libtriptych.a: $(ASAN_OBJECTS) $(BUILD)/data_table.o $(BUILD)/objects.list
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/asan/tests/test_%: $(BUILD)/asan/tests/test_%.o $(SUPPORT:%.c=$(BUILD)/asan/%.o) $(BUILD)/asan/libtriptych.a $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) $(TEST_LIBS)

# make 3.81 takes the first pattern that fits, so the narrower ones stand first.
$(BUILD)/asan/tests/%.o: tests/%.c $(BUILD)/asan/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(NEEDED) $(TEST_CFLAGS) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/%.o: %.c $(BUILD)/asan/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(NEEDED) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(NEEDED) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/core/syntax.o $(BUILD)/asan/core/syntax.o: $(GRAMMARS)/stamp
.SECONDARY: $(BUILD)/tests/bench/lexicon.o $(BUILD)/tests/bench/speed.o $(SUITES:%=$(BUILD)/asan/%.o) $(SUPPORT:%.c=$(BUILD)/asan/%.o) $(BUILD)/tests/lint/link_main.o

# A program built from other analysis code takes nothing that an older one kept: core/scan_cache.c.
CORE_FILES := $(sort $(wildcard core/*.c core/*.h core/*.tsv core/techniques/*.md))
$(BUILD)/core/scan_cache.o $(BUILD)/asan/core/scan_cache.o: $(CORE_FILES)
$(BUILD)/core/scan_cache.o $(BUILD)/asan/core/scan_cache.o: CPPFLAGS += -DTRIPTYCH_CORE='"$(shell cat $(CORE_FILES) | cksum | cut -d' ' -f1)"'

-include $(OBJECTS:.o=.d) $(ASAN_OBJECTS:.o=.d) $(SUITES:%=$(BUILD)/asan/%.d) $(SUPPORT:%.c=$(BUILD)/asan/%.d)
-include $(BUILD)/tui/main.d $(BUILD)/asan/tui/main.d

# ---- embedded data: core/embed.c runs here, whatever the program is built for ----

HOSTCC ?= $(CC)
$(BUILD)/embed: core/embed.c core/posix.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(HOSTCC) -std=c11 $(WARN) -I. -O1 -o $@ $<

QUERIES := queries/swift.scm=$(GRAMMARS)/tree-sitter-swift/queries/highlights.scm \
           queries/python.scm=$(GRAMMARS)/tree-sitter-python/queries/highlights.scm

$(BUILD)/data_table.c: $(BUILD)/embed $(BUILD)/data.list $(DATA) $(GRAMMARS)/stamp
	$(call say,EMBED)
	$(Q)$(BUILD)/embed $@ $(DATA) $(QUERIES)

# ISO C promises 4095 bytes a string literal; every compiler at hand takes more, and an array of numbers is slow.
$(BUILD)/data_table.o: $(BUILD)/data_table.c core/data.h core/base.h
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 $(WARN) -Wno-overlength-strings -I. -O0 -c -o $@ $<

# ---- grammars: fetched once, by one rule; always optimised, never under our warnings or sanitizers ----

$(GRAMMARS)/stamp: core/grammars.lock | $(READY)
	$(call say,FETCH,$(GRAMMARS))
	$(Q)packaging/grammars core/grammars.lock $(GRAMMARS)

GRAMMAR_CC = $(CC) -std=c11 -O2 -w -D_POSIX_C_SOURCE=200112L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -c -o $@
TS := $(GRAMMARS)/tree-sitter
$(GRAMMAR_OBJECTS): $(GRAMMARS)/stamp
$(GRAMMARS)/core.o:
	$(call say,CC,$(TS)/src/lib.c)
	$(Q)$(GRAMMAR_CC) -I $(TS)/include -I $(TS)/src $(TS)/src/lib.c
$(GRAMMARS)/%-parser.o:
	$(call say,CC,$(TS)-$*/src/parser.c)
	$(Q)$(GRAMMAR_CC) -I $(TS)-$*/src $(TS)-$*/src/parser.c
$(GRAMMARS)/%-scanner.o:
	$(call say,CC,$(TS)-$*/src/scanner.c)
	$(Q)$(GRAMMAR_CC) -I $(TS)-$*/src $(TS)-$*/src/scanner.c

# ---- to be used ----

# Where the built programs are, for scripts that may change their folder.
HERE = $(if $(filter /%,$(BUILD)),$(BUILD),$(CURDIR)/$(BUILD))
SETUP = @GRAMMARS='$(GRAMMARS)' packaging/setup
# make test and make run use every processor, unless -j says otherwise.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

setup: ## install what is missing to build and to test (silent when all is there)
	$(SETUP) build test

run: ## install what is missing, build, and open the demo
	$(SETUP) build
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@"$(HERE)/triptych" demo

test: ## install what is missing, build with sanitizers, run every suite (T=name ...: those whose name has one)
	$(SETUP) build test
	@$(MAKE) --no-print-directory $(PARALLEL) check

# The suites that T selects, built and run; what `make test` does once everything is installed.
chosen = $(foreach s,$(1),$(if $(T),$(if $(strip $(foreach t,$(T),$(findstring $(t),$(s:tests/%=%)))),$(s)),$(s)))
CHOSEN := $(call chosen,$(SUITES))
CHOSEN_SCRIPTS := $(call chosen,$(SCRIPTS))
check: $(CHOSEN:%=$(BUILD)/asan/%) $(if $(MAIN),$(if $(T),$(if $(CHOSEN_SCRIPTS),$(BUILD)/asan/triptych),$(BUILD)/asan/triptych))
	@TRIPTYCH="$(HERE)/asan/triptych" TRIPTYCH_GOLDEN_OUT="$(HERE)/golden" \
		tests/run $(CHOSEN:%=$(BUILD)/asan/%) $(CHOSEN_SCRIPTS)

lint: lint-sources lint-globals $(addprefix $(BUILD)/lint/,core prompts sessions) ## formatting, include directions, sizes, banned calls, link tests
	@echo "lint: clean"
lint-globals: $(OBJECTS)
	@tests/lint/globals $(BUILD) $(SOURCES)
lint-sources:
	@mkdir -p $(BUILD)/lint
	@CC='$(CC)' FLAGS='$(subst ','\'',$(NEEDED) $(TEST_CFLAGS))' BUILD='$(BUILD)' tests/lint/run

# Each layer must link with nothing above it: all its objects, and only the libraries that are its own.
CORE_LIBS := $(call pkg,--libs libcjson libgit2 libcmark libutf8proc) -lm
$(BUILD)/lint/core: $(filter $(BUILD)/core/%,$(OBJECTS))
$(BUILD)/lint/prompts: $(filter $(BUILD)/core/% $(BUILD)/prompts/%,$(OBJECTS))
$(BUILD)/lint/prompts: LAYER_LIBS = $(call pkg,--libs libcurl)
$(BUILD)/lint/sessions: $(filter $(BUILD)/core/% $(BUILD)/sessions/%,$(OBJECTS))
$(BUILD)/lint/sessions: LAYER_LIBS = $(call pkg,--libs sqlite3)
$(BUILD)/lint/%: $(BUILD)/tests/lint/link_main.o $(BUILD)/data_table.o $(GRAMMAR_OBJECTS) $(BUILD)/objects.list
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(CORE_LIBS) $(LAYER_LIBS)

# Scripts that stand in tests/; each is told where the programs are.
script = @[ -x $(1) ] || { echo "make $@: $(1) isn't there" >&2; exit 1; }; \
	TRIPTYCH="$(HERE)/triptych" BUILD="$(HERE)" $(1)
bench: all $(BUILD)/tests/bench/speed ## how fast it is, in ratios, on the demo or PORT=DIR MLX=DIR TORCH=DIR
	@TRIPTYCH="$(HERE)/triptych" BUILD="$(HERE)" packaging/python tests/bench/run "$(PORT)" "$(MLX)" "$(TORCH)"
bench-quality: all ## what is found in real ports, REPOS=DIR, against what people judged there
	$(call script,tests/quality/run) "$(REPOS)"
# Programs that measure, tests/bench/*.c: core and nothing above it.
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(filter $(BUILD)/core/%,$(OBJECTS)) $(BUILD)/data_table.o $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)
# This one takes scans over into a session.
$(BUILD)/tests/bench/identity: $(BUILD)/tests/bench/identity.o $(SUPPORT:%.c=$(BUILD)/%.o) $(BUILD)/libtriptych.a $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)
bench-identity: $(BUILD)/tests/bench/identity ## how surely candidates of PORT=DIR are found again after RUNS=500 random edits
	@"$<" "$(or $(PORT),sessions/demo/swift)" $(or $(RUNS),500) $(SEED)
bench-lexicon: $(BUILD)/tests/bench/lexicon ## how many of the calls in real code have a name, SWIFT=, MLX=, TORCH="DIR..."; MISSING=1 lists the rest
	$(foreach side,SWIFT MLX TORCH,$(if $($(side)),@"$<" tests/bench/symbols.tsv $(call lower,$(side)) $(if $(MISSING),--missing) $($(side))
	))
fuzz: $(BUILD)/asan/triptych $(BUILD)/asan/tests/fuzz/fuzz ## feed every reader damaged input (SECONDS_EACH=60, SEED=)
	@TRIPTYCH="$(HERE)/asan/triptych" BUILD="$(HERE)" tests/fuzz/run
$(BUILD)/asan/tests/fuzz/fuzz: $(BUILD)/asan/tests/fuzz/fuzz.o $(BUILD)/asan/libtriptych.a $(GRAMMAR_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)
test-peers: all ## talk to model servers, validators and terminals that nobody here wrote
	$(call script,tests/peers/run)
accept: ## show how the goldens differ from the last test run, and take the new ones
	@tests/accept "$(HERE)/golden" tests/golden

# ---- macOS, compiled from elsewhere: every object, no link ----

MACOS_OBJECTS := $(patsubst %.c,$(BUILD)/macos/%.o,$(SOURCES) $(MAIN) $(SUITES:%=%.c) $(SUPPORT))
check-macos: $(MACOS_OBJECTS) ## compile everything for aarch64-macos with a cross compiler
	@echo "$(words $(MACOS_OBJECTS)) objects for aarch64-macos"
$(BUILD)/macos/zig/stamp: packaging/zig.lock
	$(call say,FETCH,$(@D))
	$(Q)packaging/zig packaging/zig.lock $(@D)
$(BUILD)/macos/include/stamp: packaging/macos-headers
	$(Q)packaging/macos-headers $(@D) $(call pkg,--cflags-only-I $(LIBRARIES) cmocka)
$(BUILD)/macos/%.o: %.c $(BUILD)/macos/zig/stamp $(BUILD)/macos/include/stamp $(BUILD)/flags | $(GRAMMARS)/stamp $(READY)
	@mkdir -p $(@D)
	$(call say,MACOS,$<)
	$(Q)$(BUILD)/macos/zig/zig cc -target aarch64-macos -std=c11 -pthread $(WARN) -Werror -I. -DTRIPTYCH_VERSION='"$(VERSION)"' \
		-idirafter $(BUILD)/macos/include -isystem $(GRAMMARS)/tree-sitter/include -MMD -MP -c -o $@ $<
-include $(MACOS_OBJECTS:.o=.d)

# ---- install and pack ----

BINDIR = $(DESTDIR)$(PREFIX)/bin
SHARE  = $(DESTDIR)$(PREFIX)/share
install: all ## into PREFIX (/usr/local), under DESTDIR
	install -d "$(BINDIR)"
	install -m 755 $(BUILD)/triptych "$(BINDIR)/triptych"
	@packaging/install-extras $(BUILD)/triptych "$(SHARE)"

uninstall: ## remove what install put there
	rm -f "$(BINDIR)/triptych"
	@packaging/install-extras --remove "$(SHARE)"

dist: $(GRAMMARS)/stamp ## dist/triptych-VERSION.tar.gz, which builds without a network
	@packaging/dist $(VERSION) $(GRAMMARS)

clean: ## remove what was built, the grammars too
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile | while read -r name text; do printf '%-14s %s\n' "$$name" "$$text"; done
