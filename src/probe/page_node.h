/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROBE_PAGE_NODE_H
#define PROBE_PAGE_NODE_H

/* Bits of a struct page's flags, the highest, that hold its node: as many as CONFIG_NODES_SHIFT
 * says.  0: there is one node, or it is not known.  btf: as for kernel_btf(). */
int page_node_bits(const char *btf);

#endif
