/// C sources that the tests compile.
enum Samples {
  /// Types of each kind that a kernel has.
  static let types = """
    typedef unsigned int u32;
    typedef u32 slab_flags_t;
    struct list_head { struct list_head *next, *prev; };
    enum page_flag { PG_locked, PG_slab = 7, PG_below = -2, PG_high = 0x80000000u };
    struct unseen;
    struct order_objects { unsigned int x; };
    struct cache {
      struct list_head list;
      const char *const volatile name;
      struct order_objects oo;
      slab_flags_t flags;
      unsigned inuse:16;
      unsigned objects:15;
      unsigned frozen:1;
      long long wide:40;
      union {
        void *freelist;
        struct { short low; int high; };
      };
      struct unseen *owner;
      int (*ctor)(void *object, unsigned long size, ...);
      enum page_flag kind;
      _Bool ready;
      double load;
      long grid[3][5];
      char none[0];
      char tail[];
    } __attribute__((aligned(64)));
    struct __attribute__((packed)) squeezed { char tag; long value; unsigned a:3; unsigned b:13; };
    union either { char bytes[12]; unsigned long word; };

    """

  /// Functions and objects that use them, one a line so that lines are easily told.
  static let code = """
    #include "types.h"
    struct squeezed first_squeezed; union either first_either;
    static struct cache boot_cache = { .name = "boot" };
    struct list_head slab_caches = { &slab_caches, &slab_caches };
    long seq_open(struct cache *cache, const char *name);
    long seq_open(struct cache *cache, const char *name) {
      static struct list_head waiting;
      slab_caches.prev = &boot_cache.list, slab_caches.next = &waiting;
      return boot_cache.inuse + (long)cache + (long)name;
    }
    static __attribute__((noinline)) int hidden(unsigned char byte) { return byte + boot_cache.oo.x; }
    int seq_close(int count, ...) { return hidden(count); }
    void (*const handlers[2])(void) = { 0, 0 };

    """
}
