// SPDX-License-Identifier: GPL-3.0-or-later
//
// The guest's /init where routes are looked at: makes traffic over TCP and UDP, so that routes are held
// by all that may hold them, loads routelab.ko if there is one, prints READY, and waits for the dump.
//
// Words of the kernel's command line: lab_flows (connections of each kind), lab_module for the module's
// parameters, lab_leak=0 to leave the module out.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

// As <linux/ipv6.h> has it, which does not go with the headers of the C library.
struct interface_address {
  struct in6_addr address;
  unsigned int length;
  int device;
};

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
  check((int)syscall(SYS_finit_module, module, parameters, 0), file);
  close(module);
}

static struct sockaddr_in address4(const char *text, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

static struct sockaddr_in6 address6(const char *text, int port) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

// Gives a device an address of each family; the routes to its neighbours come with them.
static void bring_up(const char *device, const char *own4, const char *mask, const char *own6, int length) {
  int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct ifreq request = {0};
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  struct sockaddr_in address = address4(own4, 0);
  memcpy(&request.ifr_addr, &address, sizeof address);
  check(ioctl(four, SIOCSIFADDR, &request), "address");
  address = address4(mask, 0);
  memcpy(&request.ifr_netmask, &address, sizeof address);
  check(ioctl(four, SIOCSIFNETMASK, &request), "mask");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  check(ioctl(four, SIOCSIFFLAGS, &request), "up");
  struct interface_address more = {.length = (unsigned int)length, .device = (int)if_nametoindex(device)};
  more.address = address6(own6, 0).sin6_addr;
  if (strcmp(device, "lo")) check(ioctl(six, SIOCSIFADDR, &more), "address of IPv6");
  close(four);
  close(six);
}

static void route_through(const char *device, const char *gateway4, const char *gateway6) {
  int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  struct sockaddr_in gateway = address4(gateway4, 0), any = address4("0.0.0.0", 0);
  memcpy(&route.rt_gateway, &gateway, sizeof gateway);
  memcpy(&route.rt_dst, &any, sizeof any);
  memcpy(&route.rt_genmask, &any, sizeof any);
  check(ioctl(four, SIOCADDRT, &route), "gateway");
  struct in6_rtmsg more = {.rtmsg_flags = RTF_UP | RTF_GATEWAY, .rtmsg_metric = 1};
  more.rtmsg_gateway = address6(gateway6, 0).sin6_addr;
  more.rtmsg_ifindex = (int)if_nametoindex(device);
  check(ioctl(six, SIOCADDRT, &more), "gateway of IPv6");
  close(four);
  close(six);
}

// Opens connections to ourselves, each with something that nobody has read yet.
static void connect_streams(const struct sockaddr *to, socklen_t size, int count) {
  int listener = socket(to->sa_family, SOCK_STREAM, 0);
  check(bind(listener, to, size), "bind");
  check(listen(listener, 16), "listen");
  for (int i = 0; i < count; i++) {
    int connection = socket(to->sa_family, SOCK_STREAM, 0);
    check(connect(connection, to, size), "connect");
    int accepted = accept(listener, NULL, NULL);
    check(accepted, "accept");
    check((int)write(connection, "unread", 6), "write");
    check((int)write(accepted, "unread", 6), "write");
  }
}

// Connects sockets to neighbours that are not there, and sends to each.
static void connect_datagrams(int family, const char *pattern, int count) {
  char text[64];
  for (int i = 0; i < count; i++) {
    int flow = socket(family, SOCK_DGRAM, 0);
    snprintf(text, sizeof text, pattern, i % 200 + 20);
    struct sockaddr_in four = address4(text, 9);
    struct sockaddr_in6 six = address6(text, 9);
    check(family == AF_INET ? connect(flow, (struct sockaddr *)&four, sizeof four)
                            : connect(flow, (struct sockaddr *)&six, sizeof six), text);
    check((int)write(flow, "sent", 4), text);
  }
}

// Keeps a processor busy with packets until the end.
static void keep_sending(int family, const char *to) {
  if (fork()) return;
  int flow = socket(family, SOCK_DGRAM, 0);
  struct sockaddr_in four = address4(to, 9);
  struct sockaddr_in6 six = address6(to, 9);
  for (;;) {
    if (family == AF_INET)
      sendto(flow, "again", 5, 0, (struct sockaddr *)&four, sizeof four);
    else
      sendto(flow, "again", 5, 0, (struct sockaddr *)&six, sizeof six);
    usleep(1000);
  }
}

int main(void) {
  check(mount("proc", "/proc", "proc", 0, NULL), "/proc");
  check(mount("sys", "/sys", "sysfs", 0, NULL), "/sys");
  check(mount("dev", "/dev", "devtmpfs", 0, NULL), "/dev");
  int console = open("/dev/console", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(console, i);
  setvbuf(stdout, NULL, _IOLBF, 0);

  load("/qemu_fw_cfg.ko", "");
  load("/dummy.ko", "");
  bring_up("lo", "127.0.0.1", "255.0.0.0", "::1", 128);
  bring_up("dummy0", "10.5.0.1", "255.255.0.0", "fd00:5::1", 64);
  route_through("dummy0", "10.5.0.254", "fd00:5::fe");
  sleep(3);

  int flows = number("lab_flows", 300);
  struct rlimit files = {(rlim_t)flows * 12 + 64, (rlim_t)flows * 12 + 64};
  check(setrlimit(RLIMIT_NOFILE, &files), "files");
  struct sockaddr_in near4 = address4("127.0.0.1", 80), own4 = address4("10.5.0.1", 81);
  struct sockaddr_in6 near6 = address6("::1", 82), own6 = address6("fd00:5::1", 83);
  connect_streams((struct sockaddr *)&near4, sizeof near4, flows);
  connect_streams((struct sockaddr *)&own4, sizeof own4, flows);
  connect_streams((struct sockaddr *)&near6, sizeof near6, flows);
  connect_streams((struct sockaddr *)&own6, sizeof own6, flows);
  connect_datagrams(AF_INET, "10.5.0.%d", flows);
  connect_datagrams(AF_INET, "198.51.100.%d", flows);
  connect_datagrams(AF_INET6, "fd00:5::%d", flows);
  connect_datagrams(AF_INET6, "2001:db8::%d", flows);
  keep_sending(AF_INET, "10.5.0.9");
  keep_sending(AF_INET6, "fd00:5::9");
  keep_sending(AF_INET6, "2001:db8::9");
  const char *parameters = getenv("lab_module");
  if (number("lab_leak", 1)) load("/routelab.ko", parameters ? parameters : "");
  sleep(1);
  tcdrain(STDOUT_FILENO);
  printf("=== READY\n");
  for (;;) pause();
}
