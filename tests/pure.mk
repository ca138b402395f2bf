# The modules that need no kernel, with sanitizers, for tests/unit, tests/golden
# and tests/fuzz:  make -f tests/pure.mk [SAN=... CC=... B=...] TARGET
CC := gcc
B := build/pure
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS := -std=gnu17 -D_GNU_SOURCE -fwrapv -O1 -g -Wall -Wextra $(if $(CI)$(WERROR),-Werror) -fno-omit-frame-pointer -DMMTRACE_VERSION='"0"' \
	-Isrc -Ibpf -Itests -MMD -MP
LIBS := -ldw -lelf -llzma -lz -liberty -lm
OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard src/base/*.c src/input/*.c src/decode/*.c src/record/*.c src/model/*.c \
	src/model/*/*.c src/sym/*.c src/host/elf.c src/host/needed.c src/host/cfi.c src/host/unwind.c src/host/cgroup.c src/host/procfs.c src/host/smaps.c \
	src/host/marks.c src/source/hist_kept.c src/source/governor.c \
	src/opener/answer.c src/opener/message.c src/view/*.c src/view/*/*.c src/args/*.c src/probe/hooks.c src/cmd/check.c))
UNITS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: units

units: $(UNITS)

$(B)/%.o: %.c tests/pure.mk
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) $(SAN) -c $< -o $@

$(B)/src/view/format/flame_page.o: src/view/format/flame_page.html

$(B)/pure.a: $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(B)/unit/%: $(B)/tests/unit/%.o $(B)/pure.a
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(LIBS)

$(B)/golden: $(B)/tests/golden/golden.o $(B)/pure.a
	@$(CC) $(SAN) -o $@ $^ $(LIBS)

-include $(OBJECTS:.o=.d) $(wildcard $(B)/tests/*/*.d)

# Its own B, CC=clang and SAN with fuzzer-no-link, see tests/fuzz/run.
$(B)/fuzz: $(B)/tests/fuzz/fuzz.o $(B)/pure.a
	@$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(B)/unwind: $(B)/tests/fuzz/unwind.o $(B)/pure.a
	@$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(B)/symbols: $(B)/tests/fuzz/symbols.o $(B)/pure.a
	@$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The command replay, without what asks the kernel.
$(B)/replay: $(B)/tests/fuzz/replay.o $(patsubst %,$(B)/src/cmd/%.o,run outputs sink signals child replay) \
		$(patsubst %,$(B)/src/%.o,source/source source/replay host/limits host/procfs) $(B)/pure.a
	@$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(B)/samples: $(patsubst %,$(B)/tests/golden/%.o,samples sample_fault sample_kernel sample_layout) $(B)/pure.a
	@$(CC) $(SAN) -o $@ $^ $(LIBS)
