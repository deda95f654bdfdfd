#pragma once
/* The Linux calls that Swift's Glibc module does not export. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* epoll_data is a union, which Swift imports awkwardly: carry 64 bits only. */
static inline int linux_epoll_control(int epoll, int operation, int descriptor, uint32_t events,
                                      uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

static inline uint64_t linux_event_data(const struct epoll_event *_Nonnull event) {
    return event->data.u64;
}

static inline uint32_t linux_event_mask(const struct epoll_event *_Nonnull event) {
    return event->events;
}

/* Returns the number of events, or minus errno: Swift code between a call and the reading of
   errno may change it. */
static inline int linux_epoll_wait(int epoll, struct epoll_event *_Nonnull events, int capacity,
                                   int timeout_milliseconds) {
    int count = epoll_wait(epoll, events, capacity, timeout_milliseconds);
    return count >= 0 ? count : -errno;
}

/* The name that ps and top show for the calling thread; 15 bytes at most. */
static inline void linux_name_thread(const char *_Nonnull name) {
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

/* A clock in nanoseconds (clock_gettime(2)). Here, because the owner of Swift's `timespec` depends
   on which files happen to be compiled together. */
static inline int64_t linux_clock_nanoseconds(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* What the kernel says of its wall clock. Nothing is changed: `modes` is 0, which needs no
   privilege. */
struct linux_clock_discipline {
    int is_synchronised;
    int64_t offset_nanoseconds;
    int64_t maximum_error_microseconds;
    int64_t estimated_error_microseconds;
};

/* Returns 0 or errno (adjtimex(2)). */
static inline int linux_read_clock_discipline(struct linux_clock_discipline *_Nonnull reading) {
    struct timex clock = {.modes = 0};
    if (adjtimex(&clock) < 0) return errno;
    reading->is_synchronised = (clock.status & STA_UNSYNC) == 0;
    reading->offset_nanoseconds =
        (int64_t)clock.offset * ((clock.status & STA_NANO) != 0 ? 1 : 1000);
    reading->maximum_error_microseconds = clock.maxerror;
    reading->estimated_error_microseconds = clock.esterror;
    return 0;
}

static inline int linux_errno(void) { return errno; }

/* The type and permissions of a file (st_mode of inode(7)): 0 or errno. Here, because Swift takes
   struct stat for one of another module once this header is read. */
static inline int linux_mode_of_path(const char *_Nonnull path, uint32_t *_Nonnull mode) {
    struct stat status;
    if (stat(path, &status) != 0) return errno;
    *mode = status.st_mode;
    return 0;
}

static inline int linux_mode_of_descriptor(int descriptor, uint32_t *_Nonnull mode) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return errno;
    *mode = status.st_mode;
    return 0;
}

/* A descriptor that is readable once the process has ended (pidfd_open(2), Linux 5.3), or minus
   errno. */
static inline int linux_open_process(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor >= 0 ? descriptor : -errno;
}

/* Whether a child has ended, which leaves it to be waited for: 1, 0 or minus errno. Here, because
   siginfo_t holds unions. */
static inline int linux_child_has_ended(pid_t child) {
    siginfo_t information = {0};
    if (waitid(P_PID, (id_t)child, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -errno;
    return information.si_pid == child;
}

/* pipe2(2) with close-on-exec: 0 or errno. */
static inline int linux_pipe(int *_Nonnull ends) {
    return syscall(SYS_pipe2, ends, O_CLOEXEC) == 0 ? 0 : errno;
}

/* What glibc (2.29 and 2.34) shows with _GNU_SOURCE only, which Swift's Glibc module is built
   without. */
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *_Nonnull,
                                                const char *_Nonnull);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull, int);

/* Takes signals of a set that are blocked and wait for this thread. */
static inline void linux_take_signals(const sigset_t *_Nonnull signals) {
    struct timespec now = {0, 0};
    while (sigtimedwait(signals, NULL, &now) > 0) {
    }
}
