// SPDX-License-Identifier: GPL-2.0
/* Allocates known amounts of kernel memory in steps that the tests command by
 * writing to /sys/module/mmt_known/parameters/step:
 *   alloc  everything that the constants below say
 *   half   frees every second of each kind
 *   rest   frees the others
 * Each kind has a function of its own, so that its call site has a name. */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define SMALL_COUNT 1000
#define SMALL_BYTES 100
#define LARGE_COUNT 500
#define LARGE_BYTES 5000
#define HUGE_COUNT 20
#define HUGE_BYTES 20000 /* beyond the slab caches: whole pages */
#define OBJECT_COUNT 100
#define OBJECT_BYTES 200
#define VMALLOC_COUNT 10
#define VMALLOC_BYTES 1000000
#define PAGE_COUNT 64
#define BLOCK_COUNT 16
#define BLOCK_ORDER 3
#define BULK_COUNT 80     /* kmem_cache_alloc_bulk and kmem_cache_free_bulk */
#define DEFERRED_COUNT 60 /* freed by kfree_rcu */
#define DEFERRED_BYTES 400
#define INTERRUPT_COUNT 40 /* freed in an interrupt */
#define INTERRUPT_BYTES 700

static void *small[SMALL_COUNT];
static void *large[LARGE_COUNT];
static void *huge[HUGE_COUNT];
static void *object[OBJECT_COUNT];
static void *area[VMALLOC_COUNT];
static struct page *page[PAGE_COUNT];
static struct page *block[BLOCK_COUNT];
static struct deferred {
	struct rcu_head rcu;
	char rest[DEFERRED_BYTES - sizeof(struct rcu_head)];
} * deferred[DEFERRED_COUNT];
static void *interrupt[INTERRUPT_COUNT];
static void *bulk[2][BULK_COUNT / 2];
static struct kmem_cache *cache;

/* A cache with a constructor is never merged with another one. */
static void object_construct(void *object)
{
	memset(object, 0, OBJECT_BYTES);
}

static noinline void mmt_alloc_small(void)
{
	for (int i = 0; i < SMALL_COUNT; i++)
		small[i] = kmalloc(SMALL_BYTES, GFP_KERNEL);
}

static noinline void mmt_alloc_large(void)
{
	for (int i = 0; i < LARGE_COUNT; i++)
		large[i] = kmalloc(LARGE_BYTES, GFP_KERNEL);
}

static noinline void mmt_alloc_huge(void)
{
	for (int i = 0; i < HUGE_COUNT; i++)
		huge[i] = kmalloc(HUGE_BYTES, GFP_KERNEL);
}

static noinline void mmt_alloc_object(void)
{
	for (int i = 0; i < OBJECT_COUNT; i++)
		object[i] = kmem_cache_alloc(cache, GFP_KERNEL);
}

static noinline void mmt_alloc_area(void)
{
	for (int i = 0; i < VMALLOC_COUNT; i++)
		area[i] = vmalloc(VMALLOC_BYTES);
}

static noinline void mmt_alloc_page(void)
{
	for (int i = 0; i < PAGE_COUNT; i++)
		page[i] = alloc_pages(GFP_KERNEL, 0);
}

static noinline void mmt_alloc_block(void)
{
	for (int i = 0; i < BLOCK_COUNT; i++)
		block[i] = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
}

static noinline void mmt_alloc_bulk(int i)
{
	if (!kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK_COUNT / 2, bulk[i]))
		bulk[i][0] = NULL;
}

static noinline void mmt_alloc_deferred(void)
{
	for (int i = 0; i < DEFERRED_COUNT; i++)
		deferred[i] = kmalloc(DEFERRED_BYTES, GFP_KERNEL);
}

static noinline void mmt_alloc_interrupt(void)
{
	for (int i = 0; i < INTERRUPT_COUNT; i++)
		interrupt[i] = kmalloc(INTERRUPT_BYTES, GFP_KERNEL);
}

static int interrupt_first, interrupt_by;

static void interrupt_free(struct irq_work *work)
{
	for (int i = interrupt_first; i < INTERRUPT_COUNT; i += interrupt_by) {
		kfree(interrupt[i]);
		interrupt[i] = NULL;
	}
}

static DEFINE_IRQ_WORK(interrupt_work, interrupt_free);

/* The ways to free that are not one call for one object. */
static noinline void mmt_free_otherwise(int first, int by)
{
	for (int i = first; i < DEFERRED_COUNT; i += by) {
		if (deferred[i])
			kfree_rcu(deferred[i], rcu);
		deferred[i] = NULL;
	}
	interrupt_first = first;
	interrupt_by = by;
	irq_work_queue(&interrupt_work);
	irq_work_sync(&interrupt_work);
	for (int i = first; i < 2; i += by) {
		if (bulk[i][0])
			kmem_cache_free_bulk(cache, BULK_COUNT / 2, bulk[i]);
		bulk[i][0] = NULL;
	}
}

/* Frees the elements first, first + by, ... */
static noinline void mmt_free(int first, int by)
{
	int i;

	for (i = first; i < SMALL_COUNT; i += by) {
		kfree(small[i]);
		small[i] = NULL;
	}
	for (i = first; i < LARGE_COUNT; i += by) {
		kfree(large[i]);
		large[i] = NULL;
	}
	for (i = first; i < HUGE_COUNT; i += by) {
		kfree(huge[i]);
		huge[i] = NULL;
	}
	for (i = first; i < OBJECT_COUNT; i += by) {
		if (object[i])
			kmem_cache_free(cache, object[i]);
		object[i] = NULL;
	}
	for (i = first; i < VMALLOC_COUNT; i += by) {
		vfree(area[i]);
		area[i] = NULL;
	}
	for (i = first; i < PAGE_COUNT; i += by) {
		if (page[i])
			__free_pages(page[i], 0);
		page[i] = NULL;
	}
	for (i = first; i < BLOCK_COUNT; i += by) {
		if (block[i])
			__free_pages(block[i], BLOCK_ORDER);
		block[i] = NULL;
	}
	mmt_free_otherwise(first, by);
}

static int step_set(const char *value, const struct kernel_param *param)
{
	if (sysfs_streq(value, "alloc")) {
		mmt_free(0, 1);
		mmt_alloc_small();
		mmt_alloc_large();
		mmt_alloc_huge();
		mmt_alloc_object();
		mmt_alloc_area();
		mmt_alloc_page();
		mmt_alloc_block();
		mmt_alloc_bulk(0);
		mmt_alloc_bulk(1);
		mmt_alloc_deferred();
		mmt_alloc_interrupt();
	} else if (sysfs_streq(value, "half")) {
		mmt_free(0, 2);
	} else if (sysfs_streq(value, "rest")) {
		mmt_free(1, 2);
	} else {
		return -EINVAL;
	}
	return 0;
}

static const struct kernel_param_ops step_ops = { .set = step_set };
module_param_cb(step, &step_ops, NULL, 0200);
MODULE_PARM_DESC(step, "alloc, half or rest");

static int __init mmt_init(void)
{
	cache = kmem_cache_create("mmt_known_object", OBJECT_BYTES, 0, 0, object_construct);
	return cache ? 0 : -ENOMEM;
}

static void __exit mmt_exit(void)
{
	mmt_free(0, 1);
	rcu_barrier();
	kmem_cache_destroy(cache);
}

module_init(mmt_init);
module_exit(mmt_exit);
MODULE_DESCRIPTION("known amounts of kernel memory, for the tests of mmtrace");
MODULE_LICENSE("GPL");
