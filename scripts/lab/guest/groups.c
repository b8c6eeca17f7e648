// The /init of a guest with many control groups, each charged with slab objects of a kind.
//
// Some are removed while something keeps them. In the end it prints what memory.stat and cgroup.stat
// say of each, and waits for the dump.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_GROUPS = 128, TEAMS = 4, JOBS = 8, KINDS = 6 };

static char groups[MOST_GROUPS][64];
static int group_count;

static void fail(const char *what) {
  printf("%s: %s\n=== FAILED\n", what, strerror(errno));
  for (;;) pause();
}

// Good until the next but one.
static const char *path(const char *format, ...) {
  static char text[2][256];
  static int next;
  char *place = text[next++ % 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(place, sizeof text[0], format, arguments);
  va_end(arguments);
  return place;
}

static void put(const char *file, const char *text) {
  int f = open(file, O_WRONLY);
  if (f < 0 || write(f, text, strlen(text)) < 0) fail(file);
  close(f);
}

static void create(const char *file, int bytes) {
  static char page[8192] = {1};
  int f = open(file, O_CREAT | O_WRONLY, 0644);
  if (f < 0 || write(f, page, bytes) != bytes) fail(file);
  close(f);
}

static const char *make_group(const char *name) {
  char *group = groups[group_count++];
  snprintf(group, sizeof groups[0], "%s", name);
  if (mkdir(path("/groups%s", group), 0755)) fail(group);
  return group;
}

static void divide(const char *name) { put(path("/groups%s/cgroup.subtree_control", name), "+memory"); }

static void enter(const char *name) { put(path("/groups%s/cgroup.procs", name), "0"); }

static void leave_and_remove(const char *name) {
  enter("");
  for (int tries = 100; rmdir(path("/groups%s", name)); usleep(10000))
    if (!tries--) fail("rmdir");
}

// Allocates more than a megabyte of a kind.
static void work(int kind, int number) {
  int ends[2], count = 0;
  struct { long type; char text[200]; } message = {.type = 1};
  switch (kind % KINDS) {
  case 0:
    mkdir(path("/tmp/files-%d", number), 0755);
    while (count < 3000) create(path("/tmp/files-%d/%d", number, count++), 0);
    break;
  case 1:
    while (count++ < 1000) if (pipe(ends)) fail("pipe");
    break;
  case 2:
    while (count++ < 800) if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) fail("socketpair");
    break;
  case 3:
    while (count++ < 6000) if (eventfd(0, 0) < 0) fail("eventfd");
    break;
  case 4:
    for (; count < 80; count++) {
      int queue = msgget(IPC_PRIVATE, 0600);
      for (int sent = 0; sent < 75; sent++) if (msgsnd(queue, &message, 200, IPC_NOWAIT)) fail("msgsnd");
    }
    break;
  case 5:
    mkdir(path("/tmp/links-%d", number), 0755);
    while (count++ < 2500)
      if (symlink(path("/a/target/that/is/so/long/%d", count), path("/tmp/links-%d/%d", number, count)))
        fail("symlink");
    break;
  }
}

// Leaves a process in a group, which has done its work when this returns.
static void occupy(const char *name, int number) {
  int done[2];
  char byte;
  if (pipe(done)) fail("pipe");
  if (!fork()) {
    enter(name);
    work(number, number);
    if (number % 3 == 0) work(number + 2, number + 1000);
    if (write(done[1], "", 1) != 1) fail("write");
    for (;;) pause();
  }
  if (read(done[0], &byte, 1) != 1) fail("read");
  close(done[0]);
  close(done[1]);
}

// Removes groups that live on: by a file in memory, by a socket, by a process that nobody waits for.
static void leave_dying_groups(void) {
  siginfo_t ended;
  char name[64];
  for (int number = 0; number < 300; number++) {
    snprintf(name, sizeof name, "/files/%d", number);
    if (mkdir(path("/groups%s", name), 0755)) fail(name);
    enter(name);
    create(path("/tmp/left-%d", number), 8192);
    leave_and_remove(name);
  }
  for (int number = 0; number < 50; number++) {
    snprintf(name, sizeof name, "/sockets/%d", number);
    if (mkdir(path("/groups%s", name), 0755)) fail(name);
    enter(name);
    if (socket(AF_INET, SOCK_DGRAM, 0) < 0) fail("socket");
    leave_and_remove(name);
  }
  for (int number = 0; number < 20; number++) {
    snprintf(name, sizeof name, "/processes/%d", number);
    if (mkdir(path("/groups%s", name), 0755)) fail(name);
    pid_t child = fork();
    if (!child) {
      enter(name);
      _exit(0);
    }
    if (waitid(P_PID, child, &ended, WEXITED | WNOWAIT)) fail("waitid");
    leave_and_remove(name);
  }
}

static unsigned long value(const char *file, const char *key) {
  FILE *f = fopen(file, "r");
  char name[64];
  unsigned long number, found = 0;
  while (f && fscanf(f, "%63s %lu", name, &number) == 2)
    if (!strcmp(name, key)) found = number;
  if (f) fclose(f);
  return found;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  mkdir("/tmp", 0755);
  mkdir("/groups", 0755);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("tmpfs", "/tmp", "tmpfs", 0, "nr_inodes=1000000");
  if (mount("cgroup2", "/groups", "cgroup2", 0, NULL)) fail("cgroup2");
  int module = open("/qemu_fw_cfg.ko", O_RDONLY);
  if (module >= 0 && syscall(SYS_finit_module, module, "", 0)) fail("qemu_fw_cfg.ko");
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  put("/proc/sys/fs/pipe-user-pages-soft", "0");

  divide("");
  int number = 0;
  for (int team = 0; team < TEAMS; team++) {
    const char *slice = make_group(path("/team%d.slice", team));
    divide(slice);
    for (int job = 0; job < JOBS; job++)
      occupy(make_group(path("%s/job%d.service", slice, job)), ++number);
  }
  const char *parents[] = {"/files", "/sockets", "/processes"};
  for (int parent = 0; parent < 3; parent++) {
    make_group(parents[parent]);
    divide(parents[parent]);
  }
  leave_dying_groups();
  // The kernel adds its counters up every two seconds.
  sleep(6);
  printf("group / slab %lu dying %lu\n", value("/groups/memory.stat", "slab"),
         value("/groups/cgroup.stat", "nr_dying_descendants"));
  for (int group = 0; group < group_count; group++)
    printf("group %s slab %lu dying %lu\n", groups[group],
           value(path("/groups%s/memory.stat", groups[group]), "slab"),
           value(path("/groups%s/cgroup.stat", groups[group]), "nr_dying_descendants"));
  printf("=== READY\n");
  for (;;) pause();
}
