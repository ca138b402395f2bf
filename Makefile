# mmtrace.  `make help` lists the targets; V=1 shows the commands.
VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= gcc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)
# SAN=1 and DEBUG=1 build into folders of their own
B := build$(if $(SAN),/san)$(if $(DEBUG),/debug)
# BPF objects: bpf/NAME.bpf.c each becomes build/NAME.skel.h
BPF_OBJECTS := mmtrace hist leak top region direct_map tables space
SKELETONS := $(BPF_OBJECTS:%=$(B)/%.skel.h)

LIBRARIES := libbpf libelf zlib libdw liblzma
LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) 2> /dev/null || echo -lbpf -ldw -lelf -lz -llzma) -liberty -lm
CFLAGS ?= $(if $(DEBUG),-O0 -g3,-O2 -g)
# A warning of another compiler must stop nobody who only builds
WARNINGS := -Wall -Wextra -Wswitch-enum -Wformat=2 $(if $(CI)$(WERROR),-Werror)
SANITIZE := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# -fwrapv: numbers from the kernel or a damaged recording may be anything; sums of them wrap
FLAGS := -std=gnu17 -fwrapv -D_GNU_SOURCE $(WARNINGS) $(SANITIZE) $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2> /dev/null) \
	-DMMTRACE_VERSION='"$(VERSION)"' -Isrc -Ibpf -I$(B) -MMD -MP
BPF_FLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall $(if $(CI)$(WERROR),-Werror) -Ivmlinux -Ibpf \
	-I/usr/include/$(shell uname -m)-linux-gnu
SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
BPF_SOURCES := $(wildcard bpf/*.bpf.c bpf/lib/*.h bpf/wire/*) vmlinux/vmlinux.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all bench bench-programs bpf-flags check check-live check-vm clean compile_commands.json coverage demo deps deps-long \
	help install lint mutants test test-long uninstall vmlinux-check

all: $(B)/mmtrace

help:
	@echo 'make              build build/mmtrace'
	@echo 'make deps         install the packages that building and testing need (as root)'
	@echo 'make demo         deps, build, and mmtrace -p on a sample program'
	@echo 'make check        what needs no root and takes seconds: lint, unit, golden, fuzz; T=unit/stat: one test'
	@echo 'make check-live   the live tests on this kernel (as root); T=live/cli: one'
	@echo 'make check-vm     the tests on Debian'\''s 6.1 and 6.12 in QEMU (as root)'
	@echo 'make test         deps, build and all of these'
	@echo 'make test-long    long soaks and long fuzz runs'
	@echo 'make bench        what mmtrace costs; BENCH="--quick fault1 ..." chooses'
	@echo 'make install      into PREFIX (/usr/local); make uninstall'
	@echo 'make mutants      small changes of the code, each of which a test must notice (an hour, as root); M=unit/: some'
	@echo 'make coverage     which lines of src the tests execute'
	@echo 'make compile_commands.json   for clangd and the like'
	@echo 'make clean'
	@echo
	@echo 'DEBUG=1: not optimized; SAN=1: with sanitizers (build/san); WERROR=1: warnings are errors; V=1: shows the commands'

$(B)/mmtrace: $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c $(SKELETONS) Makefile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -c $< -o $@

$(B)/src/view/format/flame_page.o: src/view/format/flame_page.html

$(B)/%.bpf.o: bpf/%.bpf.c $(BPF_SOURCES) Makefile
	@echo "  BPF   $@"
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(B)/%.skel.h: $(B)/%.bpf.o
	@echo "  SKEL  $@"
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# How tests/lint/bpf.sh compiles.
bpf-flags:
	@echo $(BPF_FLAGS)

-include $(OBJECTS:.o=.d)

# For clangd and the like.
compile_commands.json:
	@python3 tests/lib/compile_commands.py $(CC) $(FLAGS) -- $(SOURCES) --- $(CLANG) $(BPF_FLAGS) -- $(wildcard bpf/*.bpf.c) > $@

BENCH_FLAGS := -std=gnu17 -D_GNU_SOURCE -O2 $(WARNINGS) -pthread -Isrc -Ibpf
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(B)/bench/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c))) \
	$(patsubst tests/bench/%.c,$(B)/bench/%.o,$(wildcard tests/bench/*.bpf.c))
PURE_OBJECTS := $(filter $(B)/src/base/% $(B)/src/input/% $(B)/src/decode/% $(B)/src/model/%,$(OBJECTS))

$(B)/bench/resident: tests/bench/resident.c $(filter-out $(B)/src/main.o,$(OBJECTS))
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_FLAGS) -o $@ $^ $(LIBS)

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

deps-long:
	@tests/deps --long

# Both install first what is missing and then build with the tools just installed.
demo: deps
	@$(MAKE) --no-print-directory all
	@tests/demo

test: deps
	@$(MAKE) --no-print-directory all
	@tests/run

check: all
	@tests/run $(or $(T),lint unit)

check-live: all
	@tests/run $(or $(T),live)

check-vm: all
	@tests/run vm

test-long: deps-long
	@$(MAKE) --no-print-directory all
	@MMT_ALL=1 tests/run all long

coverage:
	@tests/coverage

lint: all
	@tests/run lint

# Long: each is built and tested by itself.
mutants: all
	@tests/mutants/run $(M)

bench-programs: $(BENCH_PROGRAMS)

bench: all bench-programs
	@python3 tests/bench/bench.py $(BENCH)

SHARE := $(DESTDIR)$(PREFIX)/share
COMPLETIONS := $(SHARE)/bash-completion/completions/mmtrace $(SHARE)/zsh/site-functions/_mmtrace \
	$(SHARE)/fish/vendor_completions.d/mmtrace.fish

install: all
	install -D -m 755 $(B)/mmtrace $(DESTDIR)$(PREFIX)/bin/mmtrace
	install -d $(SHARE)/man/man1 $(dir $(COMPLETIONS))
	install -m 644 docs/man/*.1 $(SHARE)/man/man1
	$(B)/mmtrace completion bash > $(word 1,$(COMPLETIONS))
	$(B)/mmtrace completion zsh > $(word 2,$(COMPLETIONS))
	$(B)/mmtrace completion fish > $(word 3,$(COMPLETIONS))

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mmtrace $(COMPLETIONS) $(patsubst docs/man/%,$(SHARE)/man/man1/%,$(wildcard docs/man/*.1))

vmlinux-check:
	@tests/lint/vmlinux.sh $(BTF)

clean:
	rm -rf $(B)/src $(B)/mmtrace $(B)/*.bpf.o $(B)/*.skel.h $(B)/truth $(B)/sample $(B)/scratch $(B)/victims $(B)/bench $(B)/pure \
		$(B)/golden build/san build/debug build/coverage compile_commands.json
