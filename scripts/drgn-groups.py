"""What drgn does for one cache of a dump: list the allocated objects and count equal contents.

    drgn -q -c VMCORE -s VMLINUX drgn-groups.py CACHE

The yardstick of slabscope-bench, which analyses all caches in the time it measures.
"""

import collections
import sys

from drgn.helpers.linux.slab import for_each_slab_cache, slab_cache_for_each_allocated_object

for cache in for_each_slab_cache(prog):  # noqa: F821 (drgn provides prog)
    if cache.name.string_().decode() != sys.argv[1]:
        continue
    size = cache.object_size.value_()
    contents = collections.Counter(
        prog.read(object_.value_(), size)  # noqa: F821
        for object_ in slab_cache_for_each_allocated_object(cache, "void")
    )
    print(sum(contents.values()), "objects,", len(contents), "contents")
