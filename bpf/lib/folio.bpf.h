/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMT_FOLIO_BPF_H
#define MMT_FOLIO_BPF_H

#include "kernel.bpf.h"

static __always_inline u64 folio_pages(struct folio *folio)
{
	struct folio___v616 *old = (void *)folio;
	u64 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), folio); /* its first word on every kernel */
	if (!(flags & 1ull << bpf_core_enum_value(enum pageflags, PG_head)))
		return 1;
	if (bpf_core_field_exists(folio->_nr_pages))
		return BPF_CORE_READ(folio, _nr_pages);
	return bpf_core_field_exists(old->_folio_nr_pages) ? BPF_CORE_READ(old, _folio_nr_pages) : 1;
}
#endif
