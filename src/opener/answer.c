/* SPDX-License-Identifier: GPL-2.0 */
/* Answers: made in the parser, taken apart in mmtrace. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "opener/wire.h"

/* The system call itself: the C library's fstat() may be one that takes paths, which is not allowed there. */
static int file_facts(int fd, struct opener_file *out)
{
	struct stat st;

	if (syscall(SYS_fstat, fd, &st))
		return -errno;
	*out = (struct opener_file){ st.st_dev, st.st_ino, (uint64_t)st.st_size,
				     (uint64_t)st.st_ctim.tv_sec * 1000000000ull + (uint64_t)st.st_ctim.tv_nsec };
	return 0;
}

static bool is_question(uint32_t what)
{
	return what == OPENER_ELF_HEADERS || what == OPENER_ELF_SECTIONS;
}

void elf_answer_make(int fd, const struct opener_request *r, struct elf_answer *out)
{
	struct elf_headers h = { 0 };

	memset(out, 0, sizeof(*out));
	out->id = r->id;
	out->what = r->what;
	out->error = r->error;
	if (!out->error)
		out->error = !is_question(r->what) ? -EINVAL : file_facts(fd, &out->file);
	if (!out->error)
		out->error = elf_read(fd, &h);
	if (!out->error && r->what == OPENER_ELF_SECTIONS)
		out->error = elf_read_sections(fd, &out->sections);
	if (out->error)
		return;
	out->count = h.count;
	out->relro_start = h.relro_start;
	out->relro_end = h.relro_end;
	memcpy(out->segment, h.segment, sizeof(out->segment));
}

bool elf_answer_decode(const void *bytes, size_t size, uint64_t id, struct elf_answer *out)
{
	if (size != sizeof(*out))
		return false;
	memcpy(out, bytes, sizeof(*out));
	if (out->id != id || !is_question(out->what) || out->error > 0 || out->error < -4095)
		return false;
	if (out->sections.count > (out->error || out->what != OPENER_ELF_SECTIONS ? 0 : ELF_SECTIONS))
		return false;
	for (uint32_t i = 0; i < out->sections.count; i++)
		out->sections.section[i].name[ELF_SECTION_NAME - 1] = '\0';
	return out->count <= (out->error ? 0 : ELF_SEGMENTS);
}
