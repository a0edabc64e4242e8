# onrecord - one Makefile, no recursion but to read itself again after installing what was missing.
#
#   make demo     the whole line on a real local Kafka        make check   every test
#   make          build/release/onrecord and its verbs        make help    all targets
#
# BUILD=release|debug|asan|tsan|cov|fault|fuzz picks a build, each in its own folder; V=1 shows the commands.

VERSION    := 0.1.0
BUILD      ?= release
B          := build/$(BUILD)
PKG_CONFIG ?= pkg-config
# Debian's own Python: its modules are Debian packages.
PYTHON     ?= /usr/bin/python3

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
LIBEXECDIR := $(PREFIX)/libexec/onrecord
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share/onrecord
UNITDIR    ?= $(PREFIX)/lib/systemd/system

PKGS := rdkafka avro-c libsodium jansson libcrypto
# Has no file for pkg-config.
BARE := csv

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -Wold-style-definition -Wpointer-arith -Wvla -Wwrite-strings -Wformat=2 -Wundef \
          -Wimplicit-fallthrough
# Flags that not every compiler and machine has: $(call takes,FLAG) is the flag or nothing.
takes   = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
HARDEN := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection \
          -fno-common -fPIE $(call takes,-ftrivial-auto-var-init=zero) $(call takes,-fcf-protection=full) \
          $(call takes,-mbranch-protection=standard)
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed

# -O3 and -flto were measured: 3 to 7 % of the text core, nothing of the worker, two thirds of whose time is Ed25519.
opt.release := -O2 -g $(HARDEN)
opt.debug   := -O0 -g3 -Werror
opt.asan    := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
opt.tsan    := -O1 -g -Werror -fsanitize=thread -fno-omit-frame-pointer
opt.fault   := -O2 -g -Werror -DONR_FAILPOINTS # named points at which the tests kill a worker
opt.cov     := -O0 -g --coverage
opt.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -Wno-gnu-statement-expression -Wno-format-nonliteral
ifndef opt.$(BUILD)
$(error unknown BUILD=$(BUILD); one of release debug asan tsan cov fault fuzz)
endif
ifeq ($(BUILD),fuzz)
CC := clang-14
endif
ld.release  := $(HARDEN_LD)

# Every object is the same in every folder and clone: no path of this machine in it.
CPPFLAGS += -I. -D_POSIX_C_SOURCE=200809L -DONR_VERSION='"$(VERSION)"' \
            -DONR_AVRO_VERSION='"$(shell $(PKG_CONFIG) --modversion avro-c 2>/dev/null)"' $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
ALL_CFLAGS := -std=c11 $(WARN) $(opt.$(BUILD)) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
LDLIBS  += $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) $(BARE:%=-l%) -pthread

# One archive a layer, so that a test links what its layer may use and no more. Order = link order, upper first.
LAYERS  := line model stream stmtlog event text base
LIBS    := $(LAYERS:%=$(B)/libonr-%.a)
# What others link: statements, records and the log, without Kafka.
PUBLIC  := stmtlog event base
# A verb is producers/VERB.c or consumers/VERB.c, or a folder of that name whose files are linked together.
VERBS   := $(sort $(basename $(notdir $(wildcard producers/*.c consumers/*.c))) \
                  $(notdir $(patsubst %/,%,$(wildcard producers/*/ consumers/*/))))
PROGS   := $(VERBS:%=$(B)/onrecord-%) $(B)/onrecord
TESTS   := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c tests/property/test_*.c tests/golden/test_*.c tests/mock/test_*.c))
FUZZERS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench_*.c))
HDRS    := $(shell find common producers consumers tests -name '*.h' 2>/dev/null)

Q := $(if $(V),,@)
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all lib tests benches help deps demo check check-unit check-kafka check-headers lint image \
        faults soak bench fuzz fuzz-corpus train eval sbom install uninstall equal clean distclean

all: $(PROGS) lib ## build/release/onrecord and its verbs (the default)
	@:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target what; do \
	    printf '%-22s%s\n' "$$target" "$$what"; done
	@echo; echo '  BUILD=release|debug|asan|tsan|cov|fault|fuzz another build, in its own folder'
	@echo '  V=1                                       show the commands'

# The model's arithmetic gives the same bits on every machine: nothing fused, nothing reordered, whatever CFLAGS says (kernel.h).
# -Wno-psabi: vectors never cross a call. Each path of kernel_PATH.c has its own instruction set.
EXACT := -ffp-contract=off -fno-fast-math -fno-math-errno -fwrapv -fno-strict-aliasing -Wno-psabi
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
ifneq (,$(findstring x86_64,$(MACHINE)))
PATHS            := avx2 avx_vnni avx512 avx512_vnni amx
path.avx2        := -mavx2
path.avx_vnni    := -mavx2 -mavxvnni
path.avx512      := -mavx2 -mavx512f -mavx512bw -mavx512dq -mavx512vl
path.avx512_vnni := $(path.avx512) -mavx512vnni
path.amx         := $(path.avx512_vnni) -mamx-tile -mamx-int8
endif
ifneq (,$(findstring aarch64,$(MACHINE)))
PATHS     := neon
path.neon := -march=armv8.2-a+dotprod
endif

# The compiler line is a prerequisite: a changed flag rebuilds everything.
FLAGS_NOW := $(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(ld.$(BUILD)) $(LDLIBS) \
             $(EXACT) $(foreach p,$(PATHS),$(p) $(path.$(p)))
$(B)/.flags: FORCE
	@mkdir -p $(@D); echo '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS_NOW))' > $@
.PHONY: FORCE

# Before the first object: are compiler and libraries there at all?
$(B)/.tools:
	@$(PKG_CONFIG) --exists --print-errors $(PKGS) && command -v $(CC) >/dev/null && \
	    printf '#include <%s.h>\n' $(BARE) | $(CC) $(CPPFLAGS) -E -x c -o /dev/null - || \
	    { echo 'make: compiler or libraries are missing; "make deps" installs them' >&2; exit 1; }
	@mkdir -p $(@D); touch $@

$(B)/%.o: %.c $(B)/.flags | $(B)/.tools
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# The assembler copies schemas/ into this object (.incbin), unseen by -MMD.
$(B)/common/event/schema_data.o: $(wildcard schemas/*)

$(B)/common/model/encoder.o $(B)/common/model/heads.o $(B)/common/model/heads_%.o $(B)/common/model/kernel_%.o: ALL_CFLAGS += $(EXACT)
$(foreach p,$(PATHS),$(eval $(B)/common/model/kernel_$(p).o: ALL_CFLAGS += $(path.$(p))))

objects = $(patsubst %.c,$(B)/%.o,$(wildcard common/$(1)/*.c common/$(1)/*/*.c))
define layer_rule
$(B)/libonr-$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@echo '  AR    $$@'
	$(Q)rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

lib: $(B)/libonrecord.a
$(B)/libonrecord.a: $(foreach l,$(PUBLIC),$(call objects,$(l)))
	@echo '  AR    $@'
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define verb_rule
$(B)/onrecord-$(1): $(patsubst %.c,$(B)/%.o,$(wildcard producers/$(1).c consumers/$(1).c producers/$(1)/*.c consumers/$(1)/*.c)) $(LIBS)
	@echo '  LD    $$@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) -o $$@ $$^ $(LDLIBS)
endef
$(foreach v,$(VERBS),$(eval $(call verb_rule,$(v))))

$(B)/onrecord: $(B)/common/onrecord.o $(LIBS)
	@echo '  LD    $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) -o $@ $^ $(LDLIBS)

# tests/unit/test_LAYER_thing.c links LAYER and what lies below it; tests/bench/bench_LAYER.c likewise.
links.base    := base
links.text    := text base
links.event   := event base
links.stmtlog := stmtlog base
links.stream  := stream base
links.model   := model event text base
links.encoder := $(links.model)
links.line    := $(LAYERS)
links.corpus  := $(LAYERS)
# The simulation: classify without its main over a Kafka in memory, whose functions take the place of common/stream's.
links.classify := $(LAYERS)
WITH.test_classify_simulation := $(patsubst %.c,$(B)/%.o,$(wildcard tests/simulation/*.c) \
                                     $(filter-out %/main.c,$(wildcard consumers/classify/*.c)))
# Calls that a test takes over, so that they can fail.
WRAP.test_event_memory   := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
WRAP.test_stmtlog_memory := $(WRAP.test_event_memory)
WRAP.test_model_register := $(WRAP.test_event_memory)
WRAP.test_classify_simulation := -Wl,--wrap=onr_now_ms,--wrap=onr_wall_ms,--wrap=crypto_sign_detached,--wrap=crypto_sign_verify_detached
define test_rule
$(1): $(1).o $(WITH.$(notdir $(1))) $(patsubst %,$(B)/libonr-%.a,$(links.$(word 2,$(subst _, ,$(notdir $(1))))))
	@echo '  LD    $$@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) $(WRAP.$(notdir $(1))) -o $$@ $$^ $(LDLIBS) $(2)
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$(t),-lcmocka)))
$(foreach t,$(BENCHES),$(eval $(call test_rule,$(t),)))

# tests/fuzz/fuzz_LAYER_thing.c is one function: with libFuzzer around it in BUILD=fuzz, else with a main that replays its corpus.
FUZZ_MAIN := $(if $(filter fuzz,$(BUILD)),,$(B)/tests/fuzz/replay_main.o)
FUZZ_LINK := $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer)
define fuzz_rule
$(1): $(1).o $(FUZZ_MAIN) $(patsubst %,$(B)/libonr-%.a,$(links.$(word 2,$(subst _, ,$(notdir $(1))))))
	@echo '  LD    $$@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(ld.$(BUILD)) $(FUZZ_LINK) -o $$@ $$^ $(LDLIBS)
endef
$(foreach t,$(FUZZERS),$(eval $(call fuzz_rule,$(t))))
$(eval $(call test_rule,$(B)/tests/fuzz/make_corpus,))

# What training sees of a text (model/train/inputs.py).
$(eval $(call test_rule,$(B)/model/train/view_model,))

tests: $(TESTS) $(FUZZERS) $(B)/model/train/view_model
benches: $(BENCHES)

# Every header compiles alone.
check-headers: $(HDRS:%=$(B)/%.hc) ## every header compiles alone
$(B)/%.h.hc: %.h $(B)/.flags | $(B)/.tools
	@mkdir -p $(@D)
	$(Q)printf '#include "$<"\nextern int onr_not_empty;\n' | \
	    $(CC) $(ALL_CFLAGS) $(CPPFLAGS) -Werror -fsyntax-only -MMD -MP -MF $@.d -MT $@ -x c - && touch $@

# What may have to install something first reads this Makefile again afterwards, with the libraries in place.
AGAIN := $(MAKE) --no-print-directory

deps: ## install the Debian packages that are missing (without root: say which)
	@docker/deps build test lint

demo: ## the whole line on a real local Kafka; ARTICLE=path for your own text, KEEP=1 to go on by hand
	@docker/deps build test
	@$(AGAIN) all BUILD=release
	@ARTICLE='$(ARTICLE)' KEEP='$(KEEP)' docker/demo/run

check: ## lint, headers, every test in release and under sanitizers, tests and the fast faults on a real Kafka
	@docker/deps build test lint
	@MAKE='$(AGAIN)' $(PYTHON) tests/run lint headers unit asan kafka faults

check-unit: ## the tests without Kafka, in one build: BUILD=asan make check-unit
	@docker/deps build test
	@MAKE='$(AGAIN)' BUILD=$(BUILD) $(PYTHON) tests/run unit

check-kafka: ## the tests on a real Kafka; ONLY=pattern for some of them
	@docker/deps build test
	@MAKE='$(AGAIN)' ONLY='$(ONLY)' $(PYTHON) tests/run kafka

faults: ## every row of the fault table, on one broker and on three; ONLY=pattern for some, NODES=1 for one size
	@docker/deps build test faults
	@$(AGAIN) all BUILD=release
	@$(AGAIN) all BUILD=fault
	@$(PYTHON) tests/faults/run --nodes '$(NODES)' --only '$(ONLY)'

soak: ## random mixes of faults, SECONDS=1200 long; SEED=n for those of an earlier run, ROUND=k for one of them
	@docker/deps build test faults
	@$(AGAIN) all BUILD=release
	@$(AGAIN) all BUILD=fault
	@$(PYTHON) tests/faults/soak --seconds $(if $(filter command line,$(origin SECONDS)),$(SECONDS),1200) \
	    --seed $(or $(SEED),0) --nodes $(or $(NODES),3) --round $(or $(ROUND),0)

SECONDS ?= 60
fuzz: ## hostile input into every parser, SECONDS=60 each; ONLY=pattern for some; needs clang-14
	@$(PYTHON) tests/fuzz/run --make '$(MAKE)' --seconds '$(SECONDS)' --only '$(ONLY)'

fuzz-corpus: $(B)/tests/fuzz/make_corpus ## write the seeds of tests/fuzz/corpus anew, after a format has changed
	@$< tests/fuzz/corpus

equal: ## the model's arithmetic under every compiler, level, path and architecture here; docker/deps equal installs more
	@docker/deps build
	@$(PYTHON) tests/equal/run || [ $$? = 77 ]

# Training: its own Python, with the versions of model/train/requirements.txt; TRAIN_PYTHON names another.
TRAIN        := build/train
TRAIN_PYTHON ?= $(TRAIN)/bin/python
MODEL        := model/onrecord-en.model

$(TRAIN)/bin/python: model/train/requirements.txt
	@docker/deps train
	$(PYTHON) -m venv $(TRAIN) && $(TRAIN)/bin/python -m pip install -q -r $< && touch $@

train: all $(B)/model/train/view_model $(TRAIN_PYTHON) ## train the model from ../shared/data (an hour or two on a CPU); TRAIN_OPTIONS=--resume goes on
	OMP_NUM_THREADS=$$(nproc) $(TRAIN_PYTHON) model/train/train.py --work $(TRAIN)/run $(TRAIN_OPTIONS)
	$(TRAIN_PYTHON) model/train/export.py --work $(TRAIN)/run --out $(MODEL)

eval: all $(TRAIN_PYTHON) ## score the model file on the development data, as a table
	@$(TRAIN_PYTHON) model/train/evaluate.py --model $(MODEL)

lint: ## layers, layout, lengths, scripts, compose file, nothing in the repository that must not be
	@docker/deps build test lint
	@$(PYTHON) tests/run lint

bench: ## how fast and how small, beside Kafka Streams and ONNX Runtime, as a table
	@docker/deps build test bench
	@$(AGAIN) all benches BUILD=release
	@$(PYTHON) tests/bench/run

image: ## run the steps of docker/Dockerfile in a clean Debian root (no Docker engine needed)
	@docker/deps image
	@docker/test-image

# systemd's units with the places of this installation in them.
UNITS := $(patsubst docker/systemd/%,%,$(wildcard docker/systemd/*.service docker/systemd/*/*.conf))

sbom: all ## build/release/onrecord.spdx.json: what the programs are made of (SPDX 2.3)
	@docker/sbom $(B) $(VERSION) $(PKGS) $(BARE:%=%.h) > $(B)/onrecord.spdx.json

install: all ## to DESTDIR and PREFIX: programs, libonrecord with its headers, schemas, systemd units, a sample of the settings
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBEXECDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(DATADIR)/schemas'
	install -m 755 $(B)/onrecord '$(DESTDIR)$(BINDIR)/'
	install -m 755 $(VERBS:%=$(B)/onrecord-%) '$(DESTDIR)$(LIBEXECDIR)/'
	install -m 644 $(B)/libonrecord.a '$(DESTDIR)$(LIBDIR)/'
	for h in common/onrecord.h $(wildcard $(PUBLIC:%=common/%/*.h)); do \
	    install -D -m 644 $$h "$(DESTDIR)$(INCLUDEDIR)/onrecord/$$h" || exit 1; done
	install -m 644 $(wildcard schemas/*) '$(DESTDIR)$(DATADIR)/schemas/'
	install -m 644 $(MODEL) model/CARD.md '$(DESTDIR)$(DATADIR)/'
	install -m 644 docker/onrecord.conf '$(DESTDIR)$(DATADIR)/onrecord.conf.sample'
	for u in $(UNITS); do \
	    install -D -m 644 /dev/null "$(DESTDIR)$(UNITDIR)/$$u" && \
	    sed 's,@BINDIR@,$(BINDIR),g; s,@LIBEXECDIR@,$(LIBEXECDIR),g' "docker/systemd/$$u" > "$(DESTDIR)$(UNITDIR)/$$u" || exit 1; done
	printf '%s\n' 'Name: onrecord' 'Description: check who said what: records, signatures and logs of onrecord' \
	    'Version: $(VERSION)' 'Requires.private: avro-c libsodium jansson libcrypto' \
	    'Libs: -L$(LIBDIR) -lonrecord' 'Cflags: -I$(INCLUDEDIR)/onrecord' \
	    > '$(DESTDIR)$(LIBDIR)/pkgconfig/onrecord.pc'

uninstall: ## take away what install put there
	rm -rf '$(DESTDIR)$(LIBEXECDIR)' '$(DESTDIR)$(INCLUDEDIR)/onrecord' '$(DESTDIR)$(DATADIR)'
	rm -f $(UNITS:%='$(DESTDIR)$(UNITDIR)/%')
	rm -f '$(DESTDIR)$(BINDIR)/onrecord' '$(DESTDIR)$(LIBDIR)/libonrecord.a' '$(DESTDIR)$(LIBDIR)/pkgconfig/onrecord.pc'

clean: ## remove what was built; jars and clean roots stay
	find build -mindepth 1 -maxdepth 1 ! -name kafka ! -name image -exec rm -rf {} + 2>/dev/null || true

distclean: ## remove build/ whole
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
