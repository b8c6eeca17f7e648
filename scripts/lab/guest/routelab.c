// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes that are looked up and never put back: the dst_release that belongs to each lookup is missing.
 *
 * Lookups with a next hop that is told get a route of their own each; all others of a destination get the
 * same one, whose count grows. Some are kept in a table as they should be, and are no leak.
 */
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/ip6_route.h>
#include <net/route.h>

static unsigned int lost = 2000;
module_param(lost, uint, 0444);
MODULE_PARM_DESC(lost, "lookups of each kind whose reference is lost");

static unsigned int kept = 500;
module_param(kept, uint, 0444);
MODULE_PARM_DESC(kept, "lookups of each kind whose reference is kept");

static unsigned int entries = 300;
module_param(entries, uint, 0444);
MODULE_PARM_DESC(entries, "objects of an own cache that may be merged with those of routes");

static unsigned int entry_size = 256;
module_param(entry_size, uint, 0444);
MODULE_PARM_DESC(entry_size, "how large these are, in bytes");

static struct dst_entry **held[4];

struct routelab_entry {
	struct routelab_entry *next;
	void (*expire)(struct routelab_entry *entry);
	unsigned long number;
};

static struct kmem_cache *entry_cache;
static struct routelab_entry *first_entry;

static void routelab_expire(struct routelab_entry *entry)
{
	entry->number = 0;
}

/* A destination in fd00:5::/64, on the wire itself. */
static struct dst_entry *near6(unsigned int number)
{
	struct flowi6 key = { .flowi6_flags = FLOWI_FLAG_KNOWN_NH };

	key.daddr.s6_addr32[0] = htonl(0xfd000005);
	key.daddr.s6_addr32[3] = htonl(0x10000 + number);
	return ip6_route_output(&init_net, NULL, &key);
}

/* 2001:db8::7, behind a gateway. */
static struct dst_entry *far6(unsigned int number)
{
	struct flowi6 key = {};

	key.daddr.s6_addr32[0] = htonl(0x20010db8);
	key.daddr.s6_addr32[3] = htonl(7);
	return ip6_route_output(&init_net, NULL, &key);
}

static struct dst_entry *find4(u32 address, int flags)
{
	struct flowi4 key = { .daddr = htonl(address), .flowi4_flags = flags };
	struct rtable *route = ip_route_output_key(&init_net, &key);

	return IS_ERR(route) ? ERR_CAST(route) : &route->dst;
}

/* A destination in 10.5.0.0/16. */
static struct dst_entry *near4(unsigned int number)
{
	return find4(0x0a051000 + number, FLOWI_FLAG_KNOWN_NH);
}

/* 198.51.100.7, behind a gateway. */
static struct dst_entry *far4(unsigned int number)
{
	return find4(0xc6336407, 0);
}

static struct dst_entry *(*const kinds[])(unsigned int) = { near6, far6, near4, far4 };
static const char *const names[] = { "near6", "far6", "near4", "far4" };

static int __init routelab_init(void)
{
	unsigned int kind, number, found;

	entry_cache = kmem_cache_create("routelab_entry", entry_size, 0,
					SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL);
	for (number = 0; entry_cache && number < entries; number++) {
		struct routelab_entry *entry = kmem_cache_zalloc(entry_cache, GFP_KERNEL);

		if (!entry)
			break;
		entry->expire = routelab_expire;
		entry->number = number;
		entry->next = first_entry;
		first_entry = entry;
	}
	/* One CPU looks up all, as each has its own copy of a shared route. */
	preempt_disable();
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		found = 0;
		held[kind] = kcalloc(kept, sizeof(*held[kind]), GFP_ATOMIC);
		for (number = 0; number < lost + kept; number++) {
			struct dst_entry *route = kinds[kind](number);

			if (IS_ERR(route) || route->error)
				continue;
			found++;
			if (number >= lost && held[kind])
				held[kind][number - lost] = route;
			/* The missing call: else dst_release(route). */
		}
		pr_info("routelab: %s found %u of %u\n", names[kind], found, lost + kept);
	}
	preempt_enable();
	return 0;
}

module_init(routelab_init);
MODULE_DESCRIPTION("Leaks references to routes on purpose");
MODULE_LICENSE("GPL");
