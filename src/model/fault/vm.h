/* SPDX-License-Identifier: GPL-2.0 */
/* Bits of vm_flags (include/linux/mm.h, the same on 6.1 to 6.18), and pages of x86-64. */
#ifndef MODEL_FAULT_VM_H
#define MODEL_FAULT_VM_H

#define VM_READ 0x1u
#define VM_WRITE 0x2u
#define VM_EXEC 0x4u
#define VM_SHARED 0x8u
#define VM_MAYSHARE 0x80u /* MAP_SHARED; a file that is open for reading only loses VM_SHARED (mmap_region()) */
#define VM_GROWSDOWN 0x100u
#define VM_SEQ_READ 0x8000u  /* MADV_SEQUENTIAL */
#define VM_RAND_READ 0x10000u /* MADV_RANDOM */
#define VM_HUGETLB 0x400000u
#define VM_HUGEPAGE 0x20000000u   /* MADV_HUGEPAGE */
#define VM_NOHUGEPAGE 0x40000000u /* MADV_NOHUGEPAGE */
#define HUGE_BYTES (2ull << 20)   /* of a PMD */

#define PAGE_DOWN(a) ((a) & ~4095ull)
#define PAGE_UP(a) (((a) + 4095) & ~4095ull)

#endif
