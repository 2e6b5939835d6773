
# Copyright (C) the nginx RTSP module authors
#
#   make            build/ngx_rtsp_module.so for the nginx of Debian
#   make run        nginx in the foreground with a test picture on /demo
#   make test       unit tests and tests against the packaged nginx
#   make test-asan  the same tests under an nginx with sanitizers
#   make test-static  some of them with the module linked into nginx
#   make unit       the unit tests alone
#   make fuzz       every fuzzer for FUZZ_SECONDS
#   make bench      load generator and reference loops
#   make clean
#
# As root each target installs the packages that it needs.  All that is made
# is below build/.  T="t/a.t t/b.t" picks tests, TEST_JOBS=2 runs them in
# parallel, ROWS=pattern picks rows of the benchmark.


SHELL        = /bin/bash
.SHELLFLAGS  = -eu -o pipefail -c
MAKEFLAGS   += --no-builtin-rules --no-print-directory

NGINX        = /usr/sbin/nginx
NGINX_SRC    = /usr/share/nginx/src
CC           = gcc
CLANG        = clang
CFLAGS       = -O2 -g
JOBS         = $(shell nproc)
TEST_JOBS    = 1
FUZZ_SECONDS = 20

TOP    := $(CURDIR)
BUILD  := $(TOP)/build
OBJS   := $(BUILD)/objs
MODULE := $(BUILD)/ngx_rtsp_module.so

DIRS   := $(sort $(shell find src -type d))
SRCS   := $(sort $(shell find src -name '*.c'))
HDRS   := $(sort $(shell find src -name '*.h'))
T       = $(sort $(wildcard t/*.t))

# targets come one after the other, what they build as wide as the machine
WIDE = -j$(JOBS) PARALLEL=yes

# where nginx looks for the modules of its own packages
MODULES = $$($(NGINX) -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')

PACKAGES = $(addprefix packages-, build run test asan fuzz)

ifndef PARALLEL
.NOTPARALLEL:
endif

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all run test test-asan test-static unit fuzz bench clean FORCE
.PHONY: $(PACKAGES)


all: packages-build
	@$(MAKE) $(WIDE) module

$(PACKAGES): packages-%:
	@t/tools/packages $*


# the module; nginx's makefile knows what depends on what

.PHONY: module

module: $(MODULE)

$(MODULE): $(OBJS)/Makefile $(SRCS) $(HDRS)
	@$(MAKE) -s -C $(NGINX_SRC) -f $(OBJS)/Makefile modules
	@install -m 644 $(OBJS)/ngx_rtsp_module.so $@.new
	@mv -f $@.new $@
	@echo "built $(@:$(TOP)/%=%)"

$(OBJS)/Makefile: config $(BUILD)/configured
	@echo "configure for nginx-dev"
	@. $(NGINX_SRC)/conf_flags; cd $(NGINX_SRC); \
	./configure "$${NGX_CONF_FLAGS[@]}" \
	    --with-stream --with-stream_ssl_module --with-cc="$(CC)" \
	    --with-cc-opt="$(CFLAGS) -fPIC" --with-ld-opt="-fPIC" \
	    --builddir=$(OBJS) --add-dynamic-module=$(TOP) \
	    > $(BUILD)/configure.log || { tail $(BUILD)/configure.log; exit 1; }
	@touch $@

# changes where the files, the flags or the headers of nginx have changed

$(BUILD)/configured: FORCE
	@mkdir -p $(BUILD)
	@{ echo '$(CC) $(CFLAGS) $(NGINX_SRC)'; \
	   dpkg-query -W -f '$${Version}\n' nginx-dev; \
	   printf '%s\n' $(DIRS) $(SRCS) $(HDRS); } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@


# the demo

run: packages-run
	@$(MAKE) $(WIDE) module
	@exec t/tools/demo $(NGINX) "$(MODULES)" $(MODULE) $(BUILD)/run


# tests against the real server

test: packages-test
	@$(MAKE) $(WIDE) module unit-programs
	$(if $(UNIT),prove --timer --exec '' $(UNIT))
	TEST_NGINX_BINARY=$(NGINX) \
	TEST_NGINX_LOAD="$(MODULES)/ngx_stream_module.so:$(MODULE)" \
	prove --timer -j$(TEST_JOBS) -It/lib $(T)

# the order of modules is another one where they are linked in

STATIC_T = $(addprefix t/, access_log.t auth.t config.t path.t publish_tcp.t \
             read_udp.t reload.t standard.t variables.t)

test-static: packages-asan
	@t/tools/static $(BUILD)/static $(JOBS)
	TEST_NGINX_BINARY=$(BUILD)/static/nginx TEST_NGINX_LOAD= \
	prove --timer -j$(TEST_JOBS) -It/lib $(STATIC_T)

test-asan: packages-asan
	@t/tools/asan $(BUILD)/asan $(JOBS)
	TEST_NGINX_BINARY=$(BUILD)/asan/nginx TEST_NGINX_ASAN=1 \
	TEST_NGINX_LOAD=$(BUILD)/asan/ngx_rtsp_module.so \
	prove --timer -j$(TEST_JOBS) -It/lib $(T)


# Unit tests and fuzzers are plain programs.  They are linked with an archive
# of wire/, hub/ and the helpers beside the tests: the linker takes from it
# what a program names, and so fails where that would need nginx itself.
#
# An empty string of nginx may be NULL: memcmp(NULL, p, 0) and NULL + 0 are
# common there, harmless, and since C2y defined.

NGINX_INCS := $(addprefix -I$(NGINX_SRC)/src/, \
                core event event/modules os/unix stream)
INCS       := -I$(OBJS) $(addprefix -I,$(DIRS)) $(NGINX_INCS)
WARNINGS   := -W -Wall -Wpointer-arith -Wno-unused-parameter -Werror
SANITIZE   := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
              -fno-sanitize=nonnull-attribute,pointer-overflow \
              -fno-omit-frame-pointer

PURE      := $(sort $(wildcard src/wire/*.c src/hub/*.c))
UNIT_SRCS := $(sort $(wildcard t/unit/*.c))
UNIT      := $(patsubst t/unit/%_test.c,build/unit/%_test, \
                $(filter %_test.c,$(UNIT_SRCS)))
UNIT_LIB  := $(addprefix build/unit/, $(patsubst %.c,%.o, \
                $(PURE) $(filter-out %_test.c,$(UNIT_SRCS))))

unit: packages-test
	@$(MAKE) $(WIDE) unit-programs
	$(if $(UNIT),prove --timer --exec '' $(UNIT))

.PHONY: unit-programs

unit-programs: $(UNIT)

build/unit/%_test: build/unit/t/unit/%_test.o build/unit/pure.a
	@$(CC) $(SANITIZE) -o $@ $^ -lpthread -lcrypto

build/unit/pure.a: $(UNIT_LIB)
	@rm -f $@
	@ar rcs $@ $(UNIT_LIB)

build/unit/%.o: %.c $(OBJS)/Makefile
	@mkdir -p $(@D)
	@echo "compile $<"
	@$(CC) -c -MMD -MP -O1 -g $(WARNINGS) $(SANITIZE) $(INCS) -It/unit -o $@ $<


FUZZ_SRCS := $(sort $(wildcard t/fuzz/*.c))
FUZZERS   := $(patsubst t/fuzz/%_fuzz.c,%,$(filter %_fuzz.c,$(FUZZ_SRCS)))
FUZZ_LIB  := $(addprefix build/fuzz/, $(patsubst %.c,%.o, \
                $(PURE) $(filter-out %_fuzz.c,$(FUZZ_SRCS))))

fuzz: packages-fuzz
	@$(MAKE) $(WIDE) -O $(addprefix fuzz-,$(FUZZERS))

# seeds are text; *.hex are bytes in hexadecimal digits.  What a fuzzer finds
# is kept in build/fuzz: new inputs in NAME/corpus, and what broke it in NAME

fuzz-%: build/fuzz/%_fuzz
	@mkdir -p build/fuzz/$*/corpus
	@for seed in $(wildcard t/fuzz/seeds/$*/*); do \
	    to=build/fuzz/$*/corpus/$$(basename $$seed); \
	    case $$seed in \
	    *.hex)  perl -0777 -ne 's/#.*//g; s/\s//g; print pack("H*", $$_)' \
	                $$seed > $$to ;; \
	    *)      cp $$seed $$to ;; \
	    esac; \
	done
	@echo "fuzz $* for $(FUZZ_SECONDS) s"
	@log=build/fuzz/$*/log; \
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=5 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$*/ build/fuzz/$*/corpus > $$log 2>&1 \
	|| { tail -n 60 $$log; exit 1; }; \
	tail -n 20 $$log | grep -e executed -e average

build/fuzz/%_fuzz: build/fuzz/t/fuzz/%_fuzz.o build/fuzz/pure.a
	@$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -lpthread -lcrypto

build/fuzz/pure.a: $(FUZZ_LIB)
	@rm -f $@
	@ar rcs $@ $(FUZZ_LIB)

build/fuzz/%.o: %.c $(OBJS)/Makefile
	@mkdir -p $(@D)
	@echo "compile $<"
	@$(CLANG) -c -MMD -MP -O1 -g $(WARNINGS) $(SANITIZE) \
	    -fsanitize=fuzzer-no-link $(INCS) -It/fuzz -o $@ $<


# every source in t/bench is a program of its own but common.c, their library

BENCH := $(patsubst t/bench/%.c,build/bench/%, \
            $(filter-out %/common.c,$(sort $(wildcard t/bench/*.c))))

bench: packages-test
	@$(MAKE) $(WIDE) module bench-programs
	BENCH_NGINX=$(NGINX) BENCH_MODULE=$(MODULE) \
	BENCH_STREAM_MODULE="$(MODULES)/ngx_stream_module.so" \
	t/bench/run $(ROWS)

.PHONY: bench-programs

bench-programs: $(BENCH)

build/bench/%: t/bench/%.c $(wildcard t/bench/common.[ch])
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -o $@ $(filter %.c,$^) -lpthread -lm


clean:
	rm -rf build

-include $(patsubst %.o,%.d,$(UNIT_LIB) $(FUZZ_LIB) \
    $(UNIT:build/unit/%=build/unit/t/unit/%.o) \
    $(FUZZERS:%=build/fuzz/t/fuzz/%_fuzz.o))
