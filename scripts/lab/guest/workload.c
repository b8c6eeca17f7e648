// SPDX-License-Identifier: GPL-3.0-or-later
//
// The guest's /init: makes memory whose state is known, prints READY, and waits for the dump.
//
// Numbers come from the kernel's command line, which hands words it does not know to init's
// environment: lab_left, lab_held, lab_parked, lab_memory (MiB of each kind of user memory), lab_seed,
// lab_finish, and lab_module for the module's parameters.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

static void check(int result, const char *what) {
  if (result < 0) printf("lab: %s: %s\n", what, strerror(errno));
}

static void load(const char *file, const char *parameters) {
  int module = open(file, O_RDONLY | O_CLOEXEC);
  // What is no module is built into the kernel.
  if (module < 0 && errno == ENOENT) return;
  check(module, file);
  check(syscall(SYS_finit_module, module, parameters, 0), file);
  close(module);
}

// What lies in a file of /proc, as the live kernel tells it.
static void print_file(const char *file) {
  char text[4096];
  ssize_t size;
  int from = open(file, O_RDONLY);
  check(from, file);
  printf("=== %s\n", file);
  while ((size = read(from, text, sizeof text)) > 0) fwrite(text, 1, (size_t)size, stdout);
  close(from);
}

static void tell_module(const char *what) {
  int control = open("/proc/slablab", O_WRONLY);
  check(write(control, what, strlen(what)), what);
  close(control);
}

// Opens and reads the leaking file, so that its seq_operations exist.
static int open_counters(void) {
  char text[64];
  int file = open("/proc/slablab_counters", O_RDONLY);
  check(file, "slablab_counters");
  check(read(file, text, sizeof text), "slablab_counters");
  return file;
}

// Sends datagrams to a socket that nobody reads.
static void park(int datagrams) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  char text[1000];
  int room = 64 << 20;
  int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
  check(receiver, "socket");
  if (receiver < 0) return;
  check(ioctl(receiver, SIOCSIFFLAGS, &loopback), "lo");
  check(setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room), "room");
  check(bind(receiver, (struct sockaddr *)&here, sizeof here), "bind");
  memset(text, 'p', sizeof text);
  for (int i = 0; i < datagrams; i++)
    check(sendto(sender, text, sizeof text, 0, (struct sockaddr *)&here, sizeof here), "send");
}

// Takes as much anonymous memory, memory shared by processes, and memory of a file.
static void use_memory(size_t mebibytes) {
  size_t size = mebibytes << 20;
  int shared = memfd_create("shared", 0);
  check(ftruncate(shared, (off_t)size), "shared");
  char *anonymous = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
  if (anonymous == MAP_FAILED || mapped == MAP_FAILED) return check(-1, "mmap");
  memset(anonymous, 'a', size);
  memset(mapped, 's', size);
  check(mkdir("/files", 0755), "/files");
  check(mount("files", "/files", "ramfs", 0, NULL), "/files");
  int file = open("/files/file", O_WRONLY | O_CREAT, 0644);
  for (size_t done = 0; done < size; done += 4096) check((int)write(file, anonymous, 4096), "file");
  close(file);
}

// Counts page frames by the flags that the live kernel shows of them: proc/kpageflags.
static void print_page_flags(void) {
  static struct { unsigned long flags, frames; } kinds[4096];
  unsigned long flags[512];
  size_t known = 0;
  ssize_t size;
  int from = open("/proc/kpageflags", O_RDONLY);
  check(from, "kpageflags");
  while ((size = read(from, flags, sizeof flags)) > 0)
    for (size_t i = 0; i < (size_t)size / sizeof *flags; i++) {
      size_t kind = 0;
      while (kind < known && kinds[kind].flags != flags[i]) kind++;
      if (kind == sizeof kinds / sizeof *kinds) continue;
      if (kind == known) kinds[known++].flags = flags[i];
      kinds[kind].frames++;
    }
  close(from);
  printf("=== /proc/kpageflags\n");
  for (size_t i = 0; i < known; i++) printf("%#lx %lu\n", kinds[i].flags, kinds[i].frames);
}

int main(void) {
  check(mount("proc", "/proc", "proc", 0, NULL), "/proc");
  check(mount("dev", "/dev", "devtmpfs", 0, NULL), "/dev");
  int console = open("/dev/console", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(console, i);
  setvbuf(stdout, NULL, _IOLBF, 0);

  load("/qemu_fw_cfg.ko", "");
  const char *parameters = getenv("lab_module");
  load("/slablab.ko", parameters ? parameters : "");
  park(number("lab_parked", 2000));
  for (int i = number("lab_left", 20000); i > 0; i--) close(open_counters());
  int held = number("lab_held", 500);
  struct rlimit files = {(rlim_t)held + 64, (rlim_t)held + 64};
  check(setrlimit(RLIMIT_NOFILE, &files), "files");
  for (int i = 0; i < held; i++) open_counters();

  use_memory((size_t)number("lab_memory", 16));
  int seeded = number("lab_seed", 1);
  // From here on no RCU grace period ends.
  if (seeded) tell_module("seed");
  print_file("/proc/slabinfo");
  print_file("/proc/slablab");
  print_file("/proc/buddyinfo");
  print_file("/proc/vmallocinfo");
  print_file("/proc/zoneinfo");
  print_page_flags();
  print_file("/proc/meminfo");
  tcdrain(STDOUT_FILENO);
  // From here on a processor hears no interrupt, and only the kernel itself is sure to be heard.
  if (seeded && number("lab_finish", 1))
    tell_module("finish");
  else
    printf("=== READY\n");
  for (;;) pause();
}
