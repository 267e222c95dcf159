# The TrustStram tools.  A newcomer needs two commands:
#	make demo	the whole pipe on this very host
#	make check	everything that is tested
# MODE: debug release asan cov, built side by side under build/.
MODE ?= debug
B    := build/$(MODE)
CC   ?= cc

FLAGS_debug   := -Og -Werror
FLAGS_release := -O2 -DNDEBUG
FLAGS_asan    := -Og -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_fuzz    := -O1 -fsanitize=address,undefined,fuzzer-no-link
FLAGS_cov     := -O0 --coverage

CPPFLAGS += -D_GNU_SOURCE -Ilib -DTS_VERSION='"$(VERSION)"'
CFLAGS   += -std=c17 -g -Wall -Wextra -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wformat=2 -Wvla \
            -ffp-contract=off -fno-math-errno -ffunction-sections -fdata-sections \
            $(FLAGS_$(MODE))
LDFLAGS  += -Wl,--as-needed -Wl,--gc-sections $(filter -fsanitize% --coverage,$(FLAGS_$(MODE)))

VERSION := 0.1.0
prefix  ?= /usr/local
TOOLS   := $(notdir $(wildcard tools/ts-*))
LIB     := $(B)/lib/libts.a

# What the archive may need from outside; --as-needed drops the rest.  Small
# libraries go into the program: it starts in less time, and runs on a box that
# has none of them.  SHARED=1 leaves them outside, as distributions want it.
own = $(if $(SHARED),$(1:%=-l%),-Wl,-Bstatic $(1:%=-l%) -Wl,-Bdynamic)
LIBS_base := $(call own,yaml jansson pcre2-8 ev) -lm -ldl
LIBS_net  := $(call own,cares) -lssl -lcrypto

LIBS_ts-scrape   := $(LIBS_net) $(LIBS_base)
LIBS_ts-eval     := $(LIBS_base)
LIBS_ts-route    := $(LIBS_base)
LIBS_ts-notify   := $(LIBS_net) $(LIBS_base)
# Of these only what tools/ts-health/lazy.c and lib/pg/libpq.c do not have.
LIBS_ts-health   := $(LIBS_net) $(LIBS_base) -lpq $(call own,hiredis) -larchive
LIBS_ts-logwatch := $(LIBS_base)
LIBS_ts-maint    := $(LIBS_net) $(LIBS_base) -lpq -larchive
LIBS_ts-dash     := $(LIBS_base)

LIB_SRC   := $(wildcard lib/*/*.c)
LIB_OBJ   := $(LIB_SRC:%.c=$(B)/%.o)
TOOL_BIN  := $(TOOLS:%=$(B)/bin/%)
UNIT_SRC  := $(wildcard tests/unit/check_*.c)
UNIT_BIN  := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
CONF_SRC  := $(wildcard tests/conformance/conf_*.c)
CONF_BIN  := $(CONF_SRC:tests/conformance/%.c=$(B)/conformance/%)
PROG_SRC  := $(wildcard tests/progs/*.c)
PROG_BIN  := $(PROG_SRC:tests/progs/%.c=$(B)/bin/%)
SHIM_SRC  := $(wildcard tests/shims/*.c)
SHIM_BIN  := $(SHIM_SRC:tests/shims/%.c=$(B)/shims/%.so)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN  := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
ALL_OBJ   := $(LIB_OBJ) $(patsubst %.c,$(B)/%.o,$(wildcard tools/*/*.c tests/*/*.c))

# Objects of a tool; and without its main, for the tests that look inside.
objects = $(patsubst %.c,$(B)/%.o,$(wildcard tools/$(1)/*.c)) \
          $(if $(wildcard tools/$(1)/grok),$(B)/tools/$(1)/grok_shipped.o)
inside  = $(filter-out %/main.o,$(call objects,$(1)))

# The runner of the .test language, for the program and the data sets.
SCRIPT_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/promqltest/*.c))

.PHONY: all tools fuzz demo check unit e2e conformance bench deps lint install clean
.SECONDEXPANSION:
.SECONDARY:

all: tools
tools: $(TOOL_BIN)
tests: $(UNIT_BIN) $(CONF_BIN) $(PROG_BIN) $(SHIM_BIN)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(TOOL_BIN): $(B)/bin/%: $$(call objects,$$*) $(LIB)
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_$*)

# The grok patterns of ts-logwatch become a table of texts.
GROK_TEXT := $(sort $(wildcard tools/ts-logwatch/grok/*.pattern))
GROK_OBJ  := $(B)/tools/ts-logwatch/grok_shipped.o
$(GROK_OBJ): $(GROK_TEXT) scripts/grok-table
	@mkdir -p $(@D)
	@scripts/grok-table $(GROK_TEXT) >$(@:.o=.c)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itools/ts-logwatch -c -o $@ $(@:.o=.c)

# A test that looks inside a tool names it: INSIDE_<test> := ts-route
INSIDE_conf_host  := ts-health
INSIDE_conf_health := ts-health
INSIDE_conf_health_db := ts-health
INSIDE_conf_health_docker := ts-health
INSIDE_conf_health_proc := ts-health
INSIDE_conf_maint := ts-maint
INSIDE_check_backup := ts-maint
INSIDE_check_grok := ts-logwatch
INSIDE_check_logwatch_block := ts-logwatch
INSIDE_check_logwatch_lint := ts-logwatch
INSIDE_check_logwatch_file := ts-logwatch
INSIDE_check_logwatch_sketch := ts-logwatch
INSIDE_check_logwatch_syslog := ts-logwatch
INSIDE_check_maint := ts-maint
INSIDE_check_host := ts-health
INSIDE_conf_grok  := ts-logwatch
INSIDE_conf_logs  := ts-logwatch
INSIDE_conf_rules_logs := ts-logwatch
INSIDE_check_screen := ts-logwatch
INSIDE_check_address := ts-logwatch
INSIDE_check_runner := ts-health
INSIDE_check_notify := ts-notify
INSIDE_check_route := ts-route
INSIDE_check_scrape_cache := ts-scrape
INSIDE_conf_am_routes       := ts-route
INSIDE_conf_am_inhibit      := ts-route
INSIDE_conf_am_fingerprints := ts-route
INSIDE_conf_am_timelines    := ts-route
INSIDE_conf_am_amtool       := ts-route
# What several unit tests share.
UNIT_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
$(UNIT_BIN): $(B)/unit/%: $(B)/tests/unit/%.o $(UNIT_OBJ) $(SCRIPT_OBJ) $$(foreach t,$$(INSIDE_$$*),$$(call inside,$$t)) $(LIB)
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcheck -lsubunit -lrt -lpthread $(LIBS_net) $(LIBS_base) -lpq -lhiredis -larchive

CONF_OBJ := $(SCRIPT_OBJ) $(patsubst %.c,$(B)/%.o,$(filter-out $(CONF_SRC),$(wildcard tests/conformance/*.c)))
$(CONF_BIN): $(B)/conformance/%: $(B)/tests/conformance/%.o $(CONF_OBJ) $$(foreach t,$$(INSIDE_$$*),$$(call inside,$$t)) $(LIB)
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_net) $(LIBS_base) -lpq -lhiredis -larchive

# Programs that only tests run (promqltest, stand-in servers …).
INSIDE_promqlbench := ts-eval
$(PROG_BIN): $(B)/bin/%: $(B)/tests/progs/%.o $(SCRIPT_OBJ) $$(foreach t,$$(INSIDE_$$*),$$(call inside,$$t)) $(LIB)
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_net) $(LIBS_base)

# What tests put between a program and the C library.
$(SHIM_BIN): $(B)/shims/%.so: tests/shims/%.c Makefile
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CPPFLAGS) $(filter-out $(FLAGS_$(MODE)),$(CFLAGS)) -Werror -fPIC -shared -o $@ $<

# make MODE=fuzz CC=clang fuzz; then run build/fuzz/fuzz/fuzz_x on a copy of
# tests/fuzz/corpus/fuzz_x.
fuzz: $(FUZZ_BIN)
INSIDE_fuzz_logline := ts-logwatch
INSIDE_fuzz_xml := ts-maint
$(FUZZ_BIN): $(B)/fuzz/%: $(B)/tests/fuzz/%.o $$(foreach t,$$(INSIDE_$$*),$$(call inside,$$t)) $(LIB)
	@mkdir -p $(@D)
	@echo "$(notdir $(CC)) $@"; $(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_net) $(LIBS_base) -lpq -larchive

# As many jobs as there are processors, unless make was told a number.
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

deps:
	@scripts/deps build

demo: deps
	@$(MAKE) $(JOBS) --no-print-directory MODE=release tools
	@scripts/demo build/release/bin

check:
	@scripts/deps test
	@$(MAKE) $(JOBS) --no-print-directory MODE=$(MODE) tools tests
	@scripts/run-tests $(MODE)

DATA ?= ../shared/conformance
conformance: tools tests
	@scripts/conformance $(V:%=-v) $(MODE) $(DATA)

bench:
	@scripts/deps test
	@$(MAKE) $(JOBS) --no-print-directory MODE=release tools tests
	@scripts/bench build/release

compile_commands.json:
	bear -- $(MAKE) -B tools tests

install: tools
	install -d $(DESTDIR)$(prefix)/bin
	install -m 755 $(TOOL_BIN) $(DESTDIR)$(prefix)/bin
	for s in 1 5 7; do \
		install -d $(DESTDIR)$(prefix)/share/man/man$$s; \
		install -m 644 man/*.$$s $(DESTDIR)$(prefix)/share/man/man$$s; \
	done

clean:
	rm -rf build

-include $(ALL_OBJ:.o=.d)
