/* SPDX-License-Identifier: GPL-2.0 */
/* Answers: made in the parser, taken apart in mmtrace. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "opener/wire.h"

/* The system call itself: the C library's fstat() may be one that takes paths, which is not allowed there. */
int opener_file_facts(int fd, struct opener_file *out)
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
	out->head = (struct opener_answer){ r->id, r->what, r->error };
	if (!r->error)
		out->head.error = !is_question(r->what) ? -EINVAL : opener_file_facts(fd, &out->file);
	if (!out->head.error)
		out->head.error = elf_read(fd, &h);
	if (!out->head.error && r->what == OPENER_ELF_SECTIONS)
		out->head.error = elf_read_sections(fd, &out->sections);
	if (out->head.error)
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
	if (out->head.id != id || !is_question(out->head.what) || out->head.error > 0 || out->head.error < -4095)
		return false;
	if (out->sections.count > (out->head.error || out->head.what != OPENER_ELF_SECTIONS ? 0 : ELF_SECTIONS))
		return false;
	for (uint32_t i = 0; i < out->sections.count; i++)
		out->sections.section[i].name[ELF_SECTION_NAME - 1] = 0;
	return out->count <= (out->head.error ? 0 : ELF_SEGMENTS);
}

static void answer(int fds[MESSAGE_FDS], const struct opener_request *r, void *out)
{
	elf_answer_make(fds[0], r, out);
}

static bool decode(const void *bytes, size_t size, uint64_t id, void *out)
{
	return elf_answer_decode(bytes, size, id, out);
}

const struct opener_service opener_elf_headers = {
	.request_size = sizeof(struct opener_request), .answer_size = sizeof(struct elf_answer), .answer = answer,
	.decode = decode,
};
