/* Preloaded into the service: while the file named by FAIL_SYNC exists, syncing a file whose path
 * contains FAIL_SYNC_OF fails with EIO, as on a disk that is dying. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int must_fail(int fd) {
  const char *trigger = getenv("FAIL_SYNC");
  const char *of = getenv("FAIL_SYNC_OF");
  char link[64], path[4096];
  if (trigger == NULL || of == NULL || access(trigger, F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  return strstr(path, of) != NULL;
}

#define FAILING(name)                                              \
  int name(int fd) {                                               \
    static int (*real)(int);                                       \
    if (must_fail(fd)) {                                           \
      errno = EIO;                                                 \
      return -1;                                                   \
    }                                                              \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name);   \
    return real(fd);                                               \
  }

FAILING(fsync)
FAILING(fdatasync)
