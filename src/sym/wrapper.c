/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/wrapper.h"

#include <string.h>

/* Each name also with _noprof behind it (6.10 and later) and with the
 * compiler's .suffixes; '*' at the end stands for any rest. */
static const char *const wrappers[] = {
	"kmalloc*", "__kmalloc*", "__do_kmalloc*", "___kmalloc*", "kmem_cache_alloc*", "__kmem_cache_alloc*",
	"kvmalloc*", "__kvmalloc*", "kvrealloc", "kvmemdup", "krealloc", "krealloc_node_align", "__do_krealloc",
	"kmemdup*", "kstrdup*", "kstrndup", "kvasprintf*", "kasprintf", "memdup_user*", "vmemdup_user", "strndup_user",
	"kzalloc*", "kcalloc*", "mempool_alloc*", "mempool_kmalloc", "sock_kmalloc", "devm_kmalloc", "devm_kmemdup*",
	"devm_kasprintf", "devm_kvasprintf", "devm_kstrdup*", "devres_alloc*", "__devres_alloc*", "memcg_list_lru_alloc",
	"alloc_skb*", "__alloc_skb", "__build_skb*", "build_skb*", "slab_build_skb", "kmalloc_reserve",
	"__netdev_alloc_skb", "netdev_alloc_skb*", "napi_alloc_skb", "__napi_alloc_skb", "sock_alloc_send_pskb",
	"sock_wmalloc", "skb_clone", "skb_copy", "pskb_copy*", "__pskb_copy*", "pskb_expand_head", "sk_prot_alloc",
	"sk_alloc", "alloc_inode_sb", "seq_buf_alloc", "bpf_map_kmalloc_node", "bpf_map_kzalloc",
	"bpf_map_area_alloc", "__bpf_map_area_alloc", "bpf_map_kvcalloc", "bpf_map_alloc_percpu",
	"alloc_pages*", "__alloc_pages*", "__alloc_frozen_pages*", "alloc_frozen_pages*", "get_free_pages",
	"__get_free_pages*", "get_free_pages*", "get_zeroed_page*", "__folio_alloc*", "folio_alloc*",
	"vma_alloc_folio*", "alloc_page_interleave", "__page_cache_alloc", "filemap_alloc_folio*",
	"alloc_bulk_pages", "vm_area_alloc_pages", "__vmalloc_area_node",
	"alloc_vmap_area", "__get_vm_area_node", "__get_vm_area*", "get_vm_area*", "__vmalloc*", "vmalloc*", "vzalloc*",
	"vm_map_ram", "vmap", "vmap_pfn", "execmem_alloc*", "execmem_vmalloc", "module_alloc",
};

/* "__kmalloc_noprof.isra.0" is the function "__kmalloc". */
static size_t plain_length(const char *function)
{
	size_t n = strcspn(function, ".");

	if (n > 7 && !strncmp(function + n - 7, "_noprof", 7))
		n -= 7;
	return n;
}

bool wrapper_is(const char *function)
{
	size_t n = plain_length(function);

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		size_t w = strlen(wrappers[i]);

		if (wrappers[i][w - 1] == '*' ? n >= w - 1 && !strncmp(function, wrappers[i], w - 1)
					      : n == w && !strncmp(function, wrappers[i], w))
			return true;
	}
	return false;
}

/* Large kmallocs come through these; __kmalloc_large* is what reports them. */
static bool kmalloc_inner(const char *function)
{
	return (!strncmp(function, "__kmalloc", 9) && strncmp(function, "__kmalloc_large", 15)) ||
	       !strncmp(function, "__do_kmalloc", 12);
}

static size_t ranges(const struct ksym_table *t, bool (*wanted)(const char *), struct wrapper_range *out, size_t max)
{
	size_t n = 0;
	struct ksym_span s;

	for (size_t i = 0; ksym_span(t, i, &s) && n < max; i++)
		if (!s.module && s.end && wanted(s.name))
			out[n++] = (struct wrapper_range){ s.start, s.end };
	return n;
}

size_t wrapper_ranges(const struct ksym_table *t, struct wrapper_range *out, size_t max)
{
	return ranges(t, wrapper_is, out, max);
}

size_t wrapper_kmalloc_ranges(const struct ksym_table *t, struct wrapper_range *out, size_t max)
{
	return ranges(t, kmalloc_inner, out, max);
}
