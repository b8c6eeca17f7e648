// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory whose state is known: a leak, objects that wait to be freed, merged caches, pages.
 *
 * Each object that is seeded has a magic word and its own address in it, so that the truth can be got
 * from a dump without knowing anything about slabs. Words of the kernel's command line choose
 * the numbers; /proc/slablab tells what was done.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define LAB_TICKET_MAGIC 0x7469636b65746c62ULL
#define LAB_PAGES_MAGIC 0x70616765736c6162ULL
#define LAB_TWIN_MAGIC 0x7477696e736c6162ULL

/*
 * Since 6.3; the old name takes one argument as well. Before 5.12 it may wait for the grace period
 * itself, which here would be for ever.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#define LAB_HEADLESS 0
#else
#define LAB_HEADLESS 1
#endif
/* For modules since 7.0. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define LAB_NOLOCK 0
#define kfree_nolock(pointer) kfree(pointer)
#else
#define LAB_NOLOCK 1
#endif
#ifndef kfree_rcu_mightsleep
#define kfree_rcu_mightsleep(pointer) kvfree_rcu(pointer)
#endif

static unsigned int tickets = 400;
module_param(tickets, uint, 0444);
MODULE_PARM_DESC(tickets, "objects of each source in each of three rounds");

static unsigned int twins = 300;
module_param(twins, uint, 0444);
MODULE_PARM_DESC(twins, "objects in each of two caches that are merged");

static unsigned int blocks = 200;
module_param(blocks, uint, 0444);
MODULE_PARM_DESC(blocks, "blocks of pages of each order from 0 to 3");

static unsigned int areas = 20;
module_param(areas, uint, 0444);
MODULE_PARM_DESC(areas, "areas of 64 KiB each from vmalloc, from kmalloc and from alloc_percpu (8 KiB)");

/* The leak: opened by single_open, closed by seq_release instead of single_release. */

static atomic_t counters_opened;

static int counters_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "opened %d\n", atomic_read(&counters_opened));
	return 0;
}

static int counters_open(struct inode *inode, struct file *file)
{
	atomic_inc(&counters_opened);
	return single_open(file, counters_show, NULL);
}

static const struct proc_ops counters_ops = {
	.proc_open = counters_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release,
};

/* Objects that were freed and that the allocator does not have back: nearly all of them wait for RCU,
 * while a reader keeps the grace period from ending. */

enum lab_source {
	KFREE_RCU_CACHE,
	KFREE_RCU_KMALLOC,
	KFREE_RCU_GUARDED,
	KFREE_RCU_HEADLESS,
	CALL_RCU_CACHE,
	CALL_RCU_KMALLOC,
	CALL_RCU_KEPT,
	/* A cache whose slabs RCU protects, if its objects wait too (CONFIG_SLUB_RCU_DEBUG). */
	FREE_TYPESAFE,
	/* What KASAN's generic mode keeps for a while. */
	QUARANTINE_CACHE,
	QUARANTINE_KMALLOC,
	/* Freed where no lock may be taken; the reader has them, with interrupts off. */
	KFREE_NOLOCK,
	LAB_SOURCES,
};

struct lab_ticket {
	/* KASAN links what it keeps here. */
	u64 lead[4];
	u64 magic;
	struct lab_ticket *self;
	u32 source;
	u32 round;
	struct rcu_head rcu;
	u64 filling[8];
};

static struct kmem_cache *ticket_cache, *guarded_cache, *typesafe_cache;
static struct lab_ticket **reader_tickets, **nolock_tickets;
static unsigned int seeded[LAB_SOURCES];
static DECLARE_COMPLETION(reader_is_in);
static DECLARE_COMPLETION(reader_is_deaf);
static bool reader_may_listen = true;

static bool can_seed(enum lab_source source)
{
	switch (source) {
	case KFREE_RCU_HEADLESS:
		return LAB_HEADLESS;
	case FREE_TYPESAFE:
		return IS_ENABLED(CONFIG_SLUB_RCU_DEBUG);
	case QUARANTINE_CACHE:
	case QUARANTINE_KMALLOC:
		return IS_ENABLED(CONFIG_KASAN_GENERIC);
	case KFREE_NOLOCK:
		return LAB_NOLOCK;
	default:
		return true;
	}
}

static struct kmem_cache *ticket_home(enum lab_source source)
{
	switch (source) {
	case KFREE_RCU_GUARDED:
	case KFREE_NOLOCK:
		return guarded_cache;
	case KFREE_RCU_CACHE:
	case CALL_RCU_CACHE:
	case QUARANTINE_CACHE:
		return ticket_cache;
	case FREE_TYPESAFE:
		return typesafe_cache;
	default:
		return NULL;
	}
}

static struct lab_ticket *ticket_new(enum lab_source source, unsigned int round)
{
	struct kmem_cache *home = ticket_home(source);
	struct lab_ticket *ticket;

	ticket = home ? kmem_cache_alloc(home, GFP_KERNEL) : kmalloc(sizeof(*ticket), GFP_KERNEL);
	if (!ticket)
		return NULL;
	memset(ticket, 0, sizeof(*ticket));
	ticket->magic = LAB_TICKET_MAGIC;
	ticket->self = ticket;
	ticket->source = source;
	ticket->round = round;
	return ticket;
}

static void ticket_free_to_cache(struct rcu_head *rcu)
{
	kmem_cache_free(ticket_cache, container_of(rcu, struct lab_ticket, rcu));
}

static void ticket_free_to_kmalloc(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct lab_ticket, rcu));
}

/* Not every callback frees: these tickets live on. */
static void ticket_keep(struct rcu_head *rcu)
{
	container_of(rcu, struct lab_ticket, rcu)->round = ~0U;
}

static void ticket_give_up(struct lab_ticket *ticket)
{
	seeded[ticket->source]++;
	switch ((enum lab_source)ticket->source) {
	case KFREE_RCU_HEADLESS:
		kfree_rcu_mightsleep(ticket);
		break;
	case CALL_RCU_CACHE:
		call_rcu(&ticket->rcu, ticket_free_to_cache);
		break;
	case CALL_RCU_KMALLOC:
		call_rcu(&ticket->rcu, ticket_free_to_kmalloc);
		break;
	case CALL_RCU_KEPT:
		call_rcu(&ticket->rcu, ticket_keep);
		break;
	case FREE_TYPESAFE:
	case QUARANTINE_CACHE:
		kmem_cache_free(ticket_home(ticket->source), ticket);
		break;
	case QUARANTINE_KMALLOC:
		kfree(ticket);
		break;
	case KFREE_NOLOCK:
		kfree_nolock(ticket);
		break;
	default:
		kfree_rcu(ticket, rcu);
	}
}

/* Waits for an interrupt; unlike the idle task this leaves RCU watching. */
static void doze(void)
{
#if defined(CONFIG_X86)
	asm volatile("sti; hlt" ::: "memory");
#elif defined(CONFIG_ARM64)
	asm volatile("wfi" ::: "memory");
#else
	cpu_relax();
#endif
}

/* Waits for ever; interrupts stay off where an instruction can wait like that. */
static void __noreturn doze_deaf(void)
{
	for (;;)
#if defined(CONFIG_X86)
		asm volatile("hlt" ::: "memory");
#elif defined(CONFIG_ARM64)
		asm volatile("wfi" ::: "memory");
#else
		cpu_relax();
#endif
}

/* Gives up its own tickets and stays in its critical section for ever. When it is told to, it gives
 * up the rest too: with interrupts off, so that nothing comes to free them. */
static int reader(void *unused)
{
	unsigned int i;

	preempt_disable();
	rcu_read_lock();
	for (i = 0; i < tickets * LAB_SOURCES; i++)
		if (reader_tickets[i])
			ticket_give_up(reader_tickets[i]);
	complete(&reader_is_in);
	while (READ_ONCE(reader_may_listen))
		doze();
	local_irq_disable();
	for (i = 0; i < 3 * tickets; i++)
		if (nolock_tickets[i])
			ticket_give_up(nolock_tickets[i]);
	complete(&reader_is_deaf);
	doze_deaf();
}

static void seed_round(unsigned int round)
{
	unsigned int source, i;

	for (source = 0; source < KFREE_NOLOCK; source++)
		for (i = 0; i < tickets && can_seed(source); i++) {
			struct lab_ticket *ticket = ticket_new(source, round);

			if (ticket)
				ticket_give_up(ticket);
		}
}

/* The tickets of the reader's CPU, then of this one: an early round, whose batches will be on their
 * way when the dump is taken, and a late one, whose batches are still being filled. */
static int seed(void)
{
	unsigned int source, i, n = 0;
	struct task_struct *task;

	reader_tickets = kvcalloc(tickets * LAB_SOURCES, sizeof(*reader_tickets), GFP_KERNEL);
	nolock_tickets = kvcalloc(3 * tickets, sizeof(*nolock_tickets), GFP_KERNEL);
	if (!reader_tickets || !nolock_tickets)
		return -ENOMEM;
	/* What may sleep is not for a critical section. */
	for (source = 0; source < KFREE_NOLOCK; source++)
		for (i = 0; i < tickets && source != KFREE_RCU_HEADLESS && can_seed(source); i++)
			reader_tickets[n++] = ticket_new(source, 0);
	for (i = 0; i < 3 * tickets && LAB_NOLOCK; i++)
		nolock_tickets[i] = ticket_new(KFREE_NOLOCK, 0);
	task = kthread_create(reader, NULL, "slablab-reader");
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpumask_last(cpu_online_mask));
	wake_up_process(task);
	wait_for_completion(&reader_is_in);
	seed_round(1);
	msleep(7000);
	seed_round(2);
	return 0;
}

/* The first write seeds; the second is the last thing before the dump: a console that waits for
 * interrupts may say nothing after it. */
static ssize_t lab_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	int error = 0;

	if (!reader_tickets) {
		error = seed();
	} else {
		if (LAB_NOLOCK && nolock_tickets && reader_may_listen) {
			WRITE_ONCE(reader_may_listen, false);
			wait_for_completion(&reader_is_deaf);
			pr_emerg("seeded kfree_nolock %u\n", seeded[KFREE_NOLOCK]);
		}
		pr_emerg("=== READY\n");
	}
	return error ? error : size;
}

static int lab_show(struct seq_file *file, void *unused)
{
	static const char *const names[LAB_SOURCES] = {
		"kfree_rcu_cache", "kfree_rcu_kmalloc", "kfree_rcu_guarded", "kfree_rcu_headless",
		"call_rcu_cache", "call_rcu_kmalloc", "call_rcu_kept",
		"free_typesafe", "quarantine_cache", "quarantine_kmalloc", "kfree_nolock",
	};
	unsigned int i;

	for (i = 0; i < LAB_SOURCES; i++)
		seq_printf(file, "seeded %s %u\n", names[i], seeded[i]);
	seq_printf(file, "opened %d\n", atomic_read(&counters_opened));
	return 0;
}

static int lab_open(struct inode *inode, struct file *file)
{
	return single_open(file, lab_show, NULL);
}

static const struct proc_ops lab_ops = {
	.proc_open = lab_open,
	.proc_read = seq_read,
	.proc_write = lab_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/* Two caches of one size, which become one, and pages that nobody knows any more. */

struct lab_twin {
	u64 magic;
	struct lab_twin *self;
	u32 cache;
	u32 number;
	u64 filling[23];
};

struct lab_pages {
	u64 magic;
	struct lab_pages *self;
	u32 order;
	u32 number;
	void (*owner)(void);
};

static struct kmem_cache *twin_caches[2];
static struct lab_twin **live_twins;
static void *(*kept_areas)[3];

static void make_twins(void)
{
	unsigned int i;

	for (i = 0; i < 2 * twins; i++) {
		struct lab_twin *twin = kmem_cache_zalloc(twin_caches[i & 1], GFP_KERNEL);

		if (!twin)
			return;
		twin->magic = LAB_TWIN_MAGIC;
		twin->self = twin;
		twin->cache = i & 1;
		twin->number = i;
		live_twins[i] = twin;
	}
}

static noinline void leak_pages(void)
{
	unsigned int order, i;

	for (order = 0; order <= 3; order++)
		for (i = 0; i < blocks; i++) {
			struct page *page = alloc_pages(GFP_KERNEL, order);
			struct lab_pages *start;

			if (!page)
				return;
			start = page_address(page);
			memset(start, 0, PAGE_SIZE << order);
			start->magic = LAB_PAGES_MAGIC;
			start->self = start;
			start->order = order;
			start->number = i;
			start->owner = leak_pages;
		}
}

/* What is larger than a slab's objects: by each of the ways to get it. */
static noinline void make_areas(void)
{
	unsigned int i;

	for (i = 0; i < areas; i++) {
		kept_areas[i][0] = vmalloc(SZ_64K);
		kept_areas[i][1] = kmalloc(SZ_64K, GFP_KERNEL);
		kept_areas[i][2] = (__force void *)__alloc_percpu(SZ_8K, 8);
	}
}

static int __init slablab_init(void)
{
	live_twins = kvcalloc(2 * twins, sizeof(*live_twins), GFP_KERNEL);
	ticket_cache = kmem_cache_create("lab_ticket", sizeof(struct lab_ticket), 0, 0, NULL);
	/* Checked caches have neither per-CPU slabs nor sheaves, and a red zone before each object. */
	guarded_cache = kmem_cache_create("lab_guarded", sizeof(struct lab_ticket), 0,
					  SLAB_RED_ZONE | SLAB_POISON, NULL);
	typesafe_cache = kmem_cache_create("lab_typesafe", sizeof(struct lab_ticket), 0,
					   SLAB_TYPESAFE_BY_RCU, NULL);
	twin_caches[0] = kmem_cache_create("lab_twin_left", sizeof(struct lab_twin), 0, 0, NULL);
	twin_caches[1] = kmem_cache_create("lab_twin_right", sizeof(struct lab_twin), 0, 0, NULL);
	kept_areas = kvcalloc(areas, sizeof(*kept_areas), GFP_KERNEL);
	if (!live_twins || !kept_areas || !ticket_cache || !guarded_cache || !typesafe_cache ||
	    !twin_caches[0] || !twin_caches[1])
		return -ENOMEM;
	make_twins();
	leak_pages();
	make_areas();
	proc_create("slablab_counters", 0444, NULL, &counters_ops);
	proc_create("slablab", 0644, NULL, &lab_ops);
	return 0;
}

/* No exit: what this module leaves behind is what it is for. */
module_init(slablab_init);
MODULE_DESCRIPTION("Memory whose state is known, for slabscope's lab");
MODULE_LICENSE("GPL");
