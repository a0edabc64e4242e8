# onrecord - one Makefile, no recursion.
#
#   make demo     the whole line on a real local Kafka        make check   every test
#   make          build/release/onrecord and its verbs        make help    all targets
#
# BUILD=release|debug|asan|tsan|cov|fault picks a build, each in its own folder; V=1 shows the commands.

VERSION    := 0.1.0
BUILD      ?= release
B          := build/$(BUILD)
CC         ?= cc
PKG_CONFIG ?= pkg-config
PREFIX     ?= /usr/local

PKGS := rdkafka avro-c libsodium jansson libcrypto

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -Wold-style-definition -Wpointer-arith -Wvla -Wwrite-strings -Wformat=2 -Wundef \
          -Wimplicit-fallthrough
HARDEN := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection \
          -fno-common -fPIE
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed

opt.release := -O2 -g $(HARDEN)
opt.debug   := -O0 -g3 -Werror
opt.asan    := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
opt.tsan    := -O1 -g -Werror -fsanitize=thread -fno-omit-frame-pointer
opt.fault   := -O2 -g -Werror -DONR_FAILPOINTS # named points at which the tests kill a worker
opt.cov     := -O0 -g --coverage
ifndef opt.$(BUILD)
$(error unknown BUILD=$(BUILD); one of release debug asan tsan cov fault)
endif
ld.release  := $(HARDEN_LD)

CPPFLAGS += -I. -D_POSIX_C_SOURCE=200809L -DONR_VERSION='"$(VERSION)"' \
            -DONR_AVRO_VERSION='"$(shell $(PKG_CONFIG) --modversion avro-c 2>/dev/null)"' $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
ALL_CFLAGS := -std=c11 $(WARN) $(opt.$(BUILD)) $(CFLAGS)
LDLIBS  += $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -pthread

# One archive a layer, so that a test links what its layer may use and no more. Order = link order, upper first.
LAYERS  := line model stream stmtlog event text base
LIBS    := $(LAYERS:%=$(B)/libonr-%.a)
# A verb is producers/VERB.c or consumers/VERB.c, or a folder of that name whose files are linked together.
VERBS   := $(sort $(basename $(notdir $(wildcard producers/*.c consumers/*.c))) \
                  $(notdir $(patsubst %/,%,$(wildcard producers/*/ consumers/*/))))
PROGS   := $(VERBS:%=$(B)/onrecord-%) $(B)/onrecord
TESTS   := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c tests/property/test_*.c tests/golden/test_*.c tests/mock/test_*.c))
HDRS    := $(shell find common producers consumers tests -name '*.h' 2>/dev/null)

Q := $(if $(V),,@)
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all check check-headers clean
all: $(PROGS)

# The compiler line is a prerequisite: a changed flag rebuilds everything.
FLAGS_NOW := $(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(ld.$(BUILD)) $(LDLIBS)
$(B)/.flags: FORCE
	@mkdir -p $(@D); echo '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS_NOW))' > $@
FORCE:

$(B)/%.o: %.c $(B)/.flags
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# The assembler copies schemas/ into this object (.incbin), unseen by -MMD.
$(B)/common/event/schema_data.o: $(wildcard schemas/*)

define layer_rule
$(B)/libonr-$(1).a: $(patsubst %.c,$(B)/%.o,$(wildcard common/$(1)/*.c common/$(1)/*/*.c))
	@mkdir -p $$(@D)
	@echo '  AR    $$@'
	$(Q)rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

define verb_rule
$(B)/onrecord-$(1): $(patsubst %.c,$(B)/%.o,$(wildcard producers/$(1).c consumers/$(1).c producers/$(1)/*.c consumers/$(1)/*.c)) $(LIBS)
	@echo '  LD    $$@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) -o $$@ $$^ $(LDLIBS)
endef
$(foreach v,$(VERBS),$(eval $(call verb_rule,$(v))))

$(B)/onrecord: $(B)/common/onrecord.o $(LIBS)
	@echo '  LD    $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) -o $@ $^ $(LDLIBS)

# tests/unit/test_LAYER_thing.c links LAYER and what lies below it.
links.base    := base
links.text    := text base
links.event   := event base
links.stmtlog := stmtlog base
links.stream  := stream base
links.model   := model event text base
links.line    := $(LAYERS)
define test_rule
$(1): $(1).o $(patsubst %,$(B)/libonr-%.a,$(links.$(word 2,$(subst _, ,$(notdir $(1))))))
	@echo '  LD    $$@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) $(WRAP.$(notdir $(1))) -o $$@ $$^ $(LDLIBS) -lcmocka
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$(t))))

tests: $(TESTS)
check: $(TESTS)
	@set -e; for t in $(TESTS); do $$t 2>&1; done

# Every header compiles alone.
check-headers: $(HDRS:%=$(B)/%.hc)
$(B)/%.h.hc: %.h $(B)/.flags
	@mkdir -p $(@D)
	$(Q)printf '#include "$<"\nextern int onr_not_empty;\n' | \
	    $(CC) $(ALL_CFLAGS) $(CPPFLAGS) -Werror -fsyntax-only -x c - && touch $@

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
