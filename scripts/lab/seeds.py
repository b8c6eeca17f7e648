"""What the lab's module seeded, found in a dump by the magic words alone.

A seeded object has a magic word and its own address in it, most at its beginning; the address must agree
with where in its page the word lies, so that a copy of the word elsewhere does not count.
"""

import collections
import mmap
import struct

TICKET, PAGES, TWIN = 0x7469636B65746C62, 0x70616765736C6162, 0x7477696E736C6162
# The order of guest/slablab.c.
SOURCES = [
    "kfree_rcu_cache",
    "kfree_rcu_kmalloc",
    "kfree_rcu_guarded",
    "kfree_rcu_headless",
    "call_rcu_cache",
    "call_rcu_kmalloc",
    "call_rcu_kept",
    "free_typesafe",
    "quarantine_cache",
    "quarantine_kmalloc",
    "kfree_nolock",
]
# Where the magic word of a ticket is.
TICKET_LEAD = 32


def segments(data):
    """The loadable segments of an ELF core: offset in the file, physical address, size."""
    table, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    for number in range(count):
        kind, _, offset, _, physical, length = struct.unpack_from("<IIQQQQ", data, table + number * size)
        if kind == 1:
            yield offset, physical, length


def words_after(dump, magic, lead=0):
    """Maps the address of each seeded object to the word that follows its own address.

    Addresses are without the tag that KASAN may give them.
    """
    found, pattern = {}, struct.pack("<Q", magic)
    with open(dump, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for offset, physical, length in segments(data):
            at = data.find(pattern, offset, offset + length)
            while at >= 0:
                own, word = struct.unpack_from("<QI", data, at + 8)
                place = at - offset + physical
                if place % 8 == 0 and own >> 48 and (own + lead - place) % 4096 == 0:
                    found[own | 0xFF << 56] = word
                at = data.find(pattern, at + 8, offset + length)
    return found


def tickets(dump):
    """The addresses of the objects that wait for RCU, by source."""
    found = collections.defaultdict(set)
    for address, source in words_after(dump, TICKET, TICKET_LEAD).items():
        found[SOURCES[source] if source < len(SOURCES) else "?"].add(address)
    return found


def twins(dump):
    """The addresses of the objects of the merged caches."""
    return set(words_after(dump, TWIN))


def blocks(dump):
    """How many leaked blocks of pages there are, by order."""
    return collections.Counter(words_after(dump, PAGES).values())
