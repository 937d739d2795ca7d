// Preloaded into the test device's adbd and everything that it starts. Own code, for tests only.
//  * bind: loopback only, where adbd itself binds every address; and no two devices get in each other's way.
//  * execve: with TEST_DEVICE_QEMU set, arm64 programs run under that qemu. The kernel's own way (binfmt_misc) belongs to
//    the whole machine.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// adbd is process 1 of its namespace, and its end is the end of all the others there. It must not outlive who started it;
// asked for here, because changing the user (chroot --userspec) takes back what unshare had asked for.
__attribute__((constructor)) static void die_with_parent(void) {
  if (getpid() == 1) prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "bind");
  if (address->sa_family == AF_INET) {
    struct sockaddr_in own;
    memcpy(&own, address, sizeof own);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return real(fd, (const struct sockaddr *)&own, sizeof own);
  }
  if (address->sa_family == AF_INET6) {
    // The v4-mapped form, so that 127.0.0.1 reaches it; ::1 where the system refuses that.
    struct sockaddr_in6 own;
    memcpy(&own, address, sizeof own);
    static const unsigned char mapped[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1};
    memcpy(&own.sin6_addr, mapped, sizeof mapped);
    if (real(fd, (const struct sockaddr *)&own, sizeof own) == 0) return 0;
    own.sin6_addr = in6addr_loopback;
    return real(fd, (const struct sockaddr *)&own, sizeof own);
  }
  // adbd's one fixed name for debuggers: every device needs its own.
  const char *port = getenv("ADBD_PORT");
  static const char jdwp[] = "\0jdwp-control";
  if (address->sa_family == AF_UNIX && port && memcmp(((const struct sockaddr_un *)address)->sun_path, jdwp, sizeof jdwp - 1) == 0) {
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    memcpy(own.sun_path, jdwp, sizeof jdwp - 1);
    strncpy(own.sun_path + sizeof jdwp - 1, port, sizeof own.sun_path - sizeof jdwp);
    return real(fd, (const struct sockaddr *)&own, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof jdwp - 1 + strlen(port)));
  }
  if (address->sa_family == AF_VSOCK) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  return real(fd, address, length);
}

static int is_arm64(const char *path) {
  Elf64_Ehdr head;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, &head, sizeof head);
  close(fd);
  return got == sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_machine == EM_AARCH64;
}

int execve(const char *path, char *const argv[], char *const env[]) {
  static int (*real)(const char *, char *const[], char *const[]);
  if (!real) real = dlsym(RTLD_NEXT, "execve");
  const char *qemu = getenv("TEST_DEVICE_QEMU");
  if (!qemu || access(path, X_OK) != 0 || !is_arm64(path)) return real(path, argv, env);
  size_t count = 0;
  while (argv[count]) count++;
  const char **with = calloc(count + 5, sizeof *with);
  if (!with) return -1;
  with[0] = qemu;
  with[1] = "-0";
  with[2] = argv[0];
  with[3] = path;
  for (size_t i = 1; i < count; i++) with[i + 3] = argv[i];
  return real(qemu, (char *const *)with, env);
}
