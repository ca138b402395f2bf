# mmtrace: `make deps`, `make`, `make demo`, `make test`; V=1 shows the commands.
VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
Q := $(if $(V),,@)
B := build
# BPF objects: bpf/NAME.bpf.c each becomes build/NAME.skel.h
BPF_OBJECTS := mmtrace hist leak top region direct_map
SKELETONS := $(BPF_OBJECTS:%=$(B)/%.skel.h)

CFLAGS ?= -O2 -g
FLAGS := -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wswitch-enum -Wformat=2 \
	-DMMTRACE_VERSION='"$(VERSION)"' -Isrc -Ibpf -I$(B) -MMD -MP
BPF_FLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror -Ivmlinux -Ibpf \
	-I/usr/include/$(shell uname -m)-linux-gnu
SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
BPF_SOURCES := $(wildcard bpf/*.bpf.c bpf/lib/*.h bpf/wire/*) vmlinux/vmlinux.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all bench bench-programs deps demo test lint install vmlinux-check clean

all: $(B)/mmtrace

$(B)/mmtrace: $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -lm

$(B)/%.o: %.c $(SKELETONS) Makefile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -c $< -o $@

$(B)/%.bpf.o: bpf/%.bpf.c $(BPF_SOURCES) Makefile
	@echo "  BPF   $@"
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

$(B)/%.skel.h: $(B)/%.bpf.o
	@echo "  SKEL  $@"
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

-include $(OBJECTS:.o=.d)

BENCH_FLAGS := -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -pthread -Isrc -Ibpf
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(B)/bench/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c))) \
	$(patsubst tests/bench/%.c,$(B)/bench/%.o,$(wildcard tests/bench/*.bpf.c))
PURE_OBJECTS := $(filter $(B)/src/base/% $(B)/src/input/% $(B)/src/decode/% $(B)/src/model/%,$(OBJECTS))

$(B)/bench/%: tests/bench/%.c $(PURE_OBJECTS)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_FLAGS) -o $@ $< $(PURE_OBJECTS) -lbpf -lm

$(B)/bench/%.bpf.o: tests/bench/%.bpf.c vmlinux/vmlinux.h
	@echo "  BPF   $@"
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

deps:
	@tests/deps

# Both install first what is missing and then build with the tools just installed.
demo: deps
	@$(MAKE) --no-print-directory all
	@tests/demo

test: deps
	@$(MAKE) --no-print-directory all
	@tests/run

lint:
	@tests/run lint

bench-programs: $(BENCH_PROGRAMS)

# BENCH="--quick fault1 ..." chooses, see tests/bench/bench.py --help
bench: all bench-programs
	@python3 tests/bench/bench.py $(BENCH)

install: all
	install -D -m 755 $(B)/mmtrace $(DESTDIR)$(PREFIX)/bin/mmtrace
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1

vmlinux-check:
	@tests/lint/vmlinux.sh $(BTF)

clean:
	rm -rf $(B)/src $(B)/mmtrace $(B)/*.bpf.o $(B)/*.skel.h $(B)/truth $(B)/sample $(B)/scratch $(B)/victims $(B)/bench
