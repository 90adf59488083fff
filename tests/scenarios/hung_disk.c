/* A disk that hangs on command: fsync and fdatasync wait while the file $INDIVIS_HANG_FILE exists. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hang(void) {
    const char *file = getenv("INDIVIS_HANG_FILE");
    while (file && access(file, F_OK) == 0)
        usleep(10000);
}

int fsync(int fd) {
    hang();
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    hang();
    return syscall(SYS_fdatasync, fd);
}
