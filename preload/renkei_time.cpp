// A library that containers preload in time-lapse: their clocks run N times faster and their waits end N times sooner,
// by the same line as the cloud's own clock: virtual = cloud + (real - origin) * speed.
//
// It depends on no C library version: what a plain system call can do is one, and the few functions that only the C
// library has (locks with deadlines) are looked up when they are first needed. So one file serves images with glibc of
// any age and with musl. docs/time-lapse.md says what it cannot reach.
//
// RENKEI_TIME=origin,cloud,speed: microseconds since the epoch, and thousandths.

#include <sys/syscall.h>

using Nanos = long long;

struct timespec {
  long tv_sec;
  long tv_nsec;
};
struct timeval {
  long tv_sec;
  long tv_usec;
};
struct itimerspec {
  timespec it_interval;
  timespec it_value;
};
struct itimerval {
  timeval it_interval;
  timeval it_value;
};

extern "C" {
extern char** environ __attribute__((weak));
int* __errno_location();
void* dlsym(void*, const char*) __attribute__((weak));
void* dlvsym(void*, const char*, const char*) __attribute__((weak));
}

namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kForeverSeconds = 8'000'000'000;
constexpr int kTimerAbsolute = 1;
constexpr int kRealtime = 0;
constexpr int kMonotonic = 1;
constexpr int kIntr = 4;
constexpr int kNoSys = 38;
constexpr int kInvalid = 22;
constexpr unsigned long kSignalSetBytes = 8;

long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

template <class T>
long word(T value) {
  return (long)value;
}

// A system call's answer as the C library gives it.
long answer(long result) {
  if (result >= 0 || result < -4095) return result;
  *__errno_location() = static_cast<int>(-result);
  return -1;
}

struct Line {
  Nanos origin = 0;
  Nanos cloud = 0;
  Nanos speed = 1000;  // thousandths
  bool known = false;
};
Line line;

bool starts_with(const char* text, const char* prefix) {
  for (; *prefix; ++text, ++prefix) {
    if (*text != *prefix) return false;
  }
  return true;
}

Nanos parse(const char*& text) {
  Nanos value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (*text - '0');
  if (*text == ',') ++text;
  return value;
}

const Line& current() {
  if (__atomic_load_n(&line.known, __ATOMIC_ACQUIRE) || !&environ || !environ) return line;
  constexpr const char* kName = "RENKEI_TIME=";
  for (char** at = environ; *at; ++at) {
    if (!starts_with(*at, kName)) continue;
    const char* text = *at + 12;
    line.origin = parse(text) * 1000;
    line.cloud = parse(text) * 1000;
    const Nanos speed = parse(text);
    line.speed = speed > 0 ? speed : 1000;
    break;
  }
  __atomic_store_n(&line.known, true, __ATOMIC_RELEASE);  // threads that come here at once write the same
  return line;
}

// In two parts, so that neither overflows: spans may be as long as a machine is up.
Nanos faster(Nanos span) {
  const Nanos speed = current().speed;
  return span / 1000 * speed + span % 1000 * speed / 1000;
}
// Rounded up: a wait must not end early.
Nanos slower(Nanos span) {
  const Nanos speed = current().speed;
  return span <= 0 ? span : span / speed * 1000 + (span % speed * 1000 + speed - 1) / speed;
}

Nanos nanos(const timespec& at) {
  return at.tv_sec * kSecond + at.tv_nsec;
}
Nanos nanos(const timeval& at) {
  return at.tv_sec * kSecond + at.tv_usec * 1000;
}
timespec to_timespec(Nanos at) {
  return {static_cast<long>(at / kSecond), static_cast<long>(at % kSecond)};
}
timeval to_timeval(Nanos at) {
  return {static_cast<long>(at / kSecond), static_cast<long>(at % kSecond / 1000)};
}

bool is_wall(int clock) {
  return clock == kRealtime || clock == 5 || clock == 11;
}
bool is_steady(int clock) {
  return clock == kMonotonic || clock == 4 || clock == 6 || clock == 7;
}

Nanos real_now(int clock) {
  timespec at{};
  call(SYS_clock_gettime, clock, word(&at));
  return nanos(at);
}
Nanos to_virtual(int clock, Nanos real) {
  return is_wall(clock) ? current().cloud + faster(real - current().origin) : faster(real);
}
Nanos to_real(int clock, Nanos at) {
  if (!is_wall(clock)) return slower(at);
  const Nanos since = at - current().cloud;
  return current().origin + (since >= 0 ? slower(since) : -slower(-since));
}
Nanos virtual_now(int clock) {
  return to_virtual(clock, real_now(clock));
}

// The clock that an absolute time was meant for, when only the lock knows: the one that is nearer.
int likely_clock(Nanos at) {
  const Nanos from_wall = at - virtual_now(kRealtime);
  const Nanos from_steady = at - virtual_now(kMonotonic);
  const auto size = [](Nanos value) { return value < 0 ? -value : value; };
  return size(from_wall) <= size(from_steady) ? kRealtime : kMonotonic;
}

timespec real_deadline(int clock, const timespec* at) {
  return to_timespec(to_real(clock, nanos(*at)));
}

// The C library's own function behind one of ours.
template <class F>
F* original(F*& slot, const char* name, const char* version = nullptr) {
  void* const behind = reinterpret_cast<void*>(-1l);  // RTLD_NEXT
  if (!slot && version && dlvsym) slot = reinterpret_cast<F*>(dlvsym(behind, name, version));
  if (!slot && dlsym) slot = reinterpret_cast<F*>(dlsym(behind, name));
  return slot;
}

// A relative timeout that may be null or negative, for system calls that take a timespec.
struct Timeout {
  explicit Timeout(const timespec* given) : is_set(given != nullptr) {
    if (given) value = to_timespec(slower(nanos(*given)));
  }
  static Timeout millis(int timeout) {
    const timespec given = to_timespec(timeout * 1'000'000ll);
    return Timeout(timeout < 0 ? nullptr : &given);
  }
  timespec* get() { return is_set ? &value : nullptr; }
  bool is_set;
  timespec value{};
};

int wait_epoll(int fd, void* events, int count, Timeout timeout, const void* mask) {
  long got = call(SYS_epoll_pwait2, fd, word(events), count, word(timeout.get()), word(mask), kSignalSetBytes);
  if (got == -kNoSys) {  // before Linux 5.11
    const long millis = timeout.is_set ? (nanos(timeout.value) + 999'999) / 1'000'000 : -1;
    got = call(SYS_epoll_pwait, fd, word(events), count, millis, word(mask), kSignalSetBytes);
  }
  return static_cast<int>(answer(got));
}

itimerspec scaled(const itimerspec& given, bool absolute, int clock) {
  itimerspec out;
  const Nanos value = nanos(given.it_value);
  out.it_value = to_timespec(value == 0 ? 0 : absolute ? to_real(clock, value) : slower(value));
  out.it_interval = to_timespec(slower(nanos(given.it_interval)));
  return out;
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

// ---- reading clocks

EXPORT int clock_gettime(int clock, timespec* out) {
  const long result = call(SYS_clock_gettime, clock, word(out));
  if (result == 0 && (is_wall(clock) || is_steady(clock))) *out = to_timespec(to_virtual(clock, nanos(*out)));
  return static_cast<int>(answer(result));
}

EXPORT int gettimeofday(timeval* out, void*) {
  if (out) *out = to_timeval(virtual_now(kRealtime));
  return 0;
}

EXPORT long time(long* out) {
  const long now = static_cast<long>(virtual_now(kRealtime) / kSecond);
  if (out) *out = now;
  return now;
}

EXPORT int timespec_get(timespec* out, int base) {
  if (base != 1) return 0;
  *out = to_timespec(virtual_now(kRealtime));
  return base;
}

// ---- sleeping

EXPORT int clock_nanosleep(int clock, int flags, const timespec* request, timespec* rest) {
  if (!is_wall(clock) && !is_steady(clock))
    return static_cast<int>(-call(SYS_clock_nanosleep, clock, flags, word(request), word(rest)));
  if (request->tv_nsec < 0 || request->tv_nsec >= kSecond) return kInvalid;
  if (flags & kTimerAbsolute) {
    const timespec until = real_deadline(clock, request);
    return static_cast<int>(-call(SYS_clock_nanosleep, clock, flags, word(&until), 0));
  }
  const timespec span = to_timespec(slower(nanos(*request)));
  timespec left{};
  const long result = call(SYS_clock_nanosleep, clock, flags, word(&span), word(&left));
  if (result == -kIntr && rest) *rest = to_timespec(faster(nanos(left)));
  return static_cast<int>(-result);
}

EXPORT int nanosleep(const timespec* request, timespec* rest) {
  const int failed = clock_nanosleep(kMonotonic, 0, request, rest);
  if (failed == 0) return 0;
  *__errno_location() = failed;
  return -1;
}

EXPORT int usleep(unsigned micros) {
  const timespec span = to_timespec(micros * 1000ll);
  return nanosleep(&span, nullptr);
}

EXPORT unsigned sleep(unsigned seconds) {
  const timespec span{static_cast<long>(seconds), 0};
  timespec left{};
  return nanosleep(&span, &left) == 0 ? 0 : static_cast<unsigned>(left.tv_sec + (left.tv_nsec > 0));
}

// ---- waiting for files

EXPORT int ppoll(void* fds, unsigned long count, const timespec* given, const void* mask) {
  Timeout timeout(given);
  return static_cast<int>(
      answer(call(SYS_ppoll, word(fds), word(count), word(timeout.get()), word(mask), kSignalSetBytes)));
}
EXPORT int poll(void* fds, unsigned long count, int millis) {
  Timeout timeout = Timeout::millis(millis);
  return static_cast<int>(answer(call(SYS_ppoll, word(fds), word(count), word(timeout.get()), 0, kSignalSetBytes)));
}
EXPORT int __poll_chk(void* fds, unsigned long count, int millis, unsigned long) {
  return poll(fds, count, millis);
}
EXPORT int __ppoll_chk(void* fds, unsigned long count, const timespec* given, const void* mask, unsigned long) {
  return ppoll(fds, count, given, mask);
}

EXPORT int pselect(int count, void* in, void* out, void* except, const timespec* given, const void* mask) {
  Timeout timeout(given);
  const struct {
    const void* mask;
    unsigned long bytes;
  } signals{mask, kSignalSetBytes};
  return static_cast<int>(
      answer(call(SYS_pselect6, count, word(in), word(out), word(except), word(timeout.get()), word(&signals))));
}
EXPORT int select(int count, void* in, void* out, void* except, timeval* given) {
  const timespec span = given ? to_timespec(nanos(*given)) : timespec{};
  Timeout timeout(given ? &span : nullptr);
  const long result = call(SYS_pselect6, count, word(in), word(out), word(except), word(timeout.get()), 0);
  if (given) *given = to_timeval(faster(nanos(timeout.value)));  // as Linux does: what is left
  return static_cast<int>(answer(result));
}

EXPORT int epoll_wait(int fd, void* events, int count, int millis) {
  return wait_epoll(fd, events, count, Timeout::millis(millis), nullptr);
}
EXPORT int epoll_pwait(int fd, void* events, int count, int millis, const void* mask) {
  return wait_epoll(fd, events, count, Timeout::millis(millis), mask);
}
EXPORT int epoll_pwait2(int fd, void* events, int count, const timespec* given, const void* mask) {
  return wait_epoll(fd, events, count, Timeout(given), mask);
}

EXPORT int setsockopt(int fd, int level, int name, const void* value, unsigned size) {
  const bool is_timeout =
      level == 1 && (name == 20 || name == 21) && size == sizeof(timeval);  // SO_RCVTIMEO, SO_SNDTIMEO
  const timeval span = is_timeout ? to_timeval(slower(nanos(*static_cast<const timeval*>(value))) + 999) : timeval{};
  return static_cast<int>(answer(call(SYS_setsockopt, fd, level, name, word(is_timeout ? &span : value), size)));
}

EXPORT int sigtimedwait(const void* signals, void* info, const timespec* given) {
  Timeout timeout(given);
  return static_cast<int>(
      answer(call(SYS_rt_sigtimedwait, word(signals), word(info), word(timeout.get()), kSignalSetBytes)));
}

// ---- timers

EXPORT int setitimer(int which, const itimerval* given, itimerval* old) {
  const bool is_real = which == 0;  // the others count CPU time
  itimerval set{};
  if (given && is_real) {
    set.it_value = to_timeval(slower(nanos(given->it_value)) + (nanos(given->it_value) > 0 ? 999 : 0));
    set.it_interval = to_timeval(slower(nanos(given->it_interval)));
  }
  const long result = call(SYS_setitimer, which, word(given && is_real ? &set : given), word(old));
  if (result == 0 && old && is_real) {
    old->it_value = to_timeval(faster(nanos(old->it_value)));
    old->it_interval = to_timeval(faster(nanos(old->it_interval)));
  }
  return static_cast<int>(answer(result));
}

EXPORT unsigned alarm(unsigned seconds) {
  const itimerval set{{}, {static_cast<long>(seconds), 0}};
  itimerval old{};
  setitimer(0, &set, &old);
  return static_cast<unsigned>(old.it_value.tv_sec + (old.it_value.tv_usec > 0));
}

EXPORT int timerfd_settime(int fd, int flags, const itimerspec* given, itimerspec* old) {
  // Which clock the timer has is not known here; an absolute time is nearer to its own.
  const itimerspec set = scaled(*given, flags & kTimerAbsolute, likely_clock(nanos(given->it_value)));
  const long result = call(SYS_timerfd_settime, fd, flags, word(&set), word(old));
  if (result == 0 && old)
    *old = {to_timespec(faster(nanos(old->it_interval))), to_timespec(faster(nanos(old->it_value)))};
  return static_cast<int>(answer(result));
}
EXPORT int timerfd_gettime(int fd, itimerspec* out) {
  const long result = call(SYS_timerfd_gettime, fd, word(out));
  if (result == 0) *out = {to_timespec(faster(nanos(out->it_interval))), to_timespec(faster(nanos(out->it_value)))};
  return static_cast<int>(answer(result));
}
EXPORT int timer_settime(void* timer, int flags, const itimerspec* given, itimerspec* old) {
  static int (*real)(void*, int, const itimerspec*, itimerspec*);
  const itimerspec set = scaled(*given, flags & kTimerAbsolute, likely_clock(nanos(given->it_value)));
  const int result = original(real, "timer_settime", "GLIBC_2.3.3")(timer, flags, &set, old);
  if (result == 0 && old)
    *old = {to_timespec(faster(nanos(old->it_interval))), to_timespec(faster(nanos(old->it_value)))};
  return result;
}

// ---- locks with deadlines

EXPORT int sem_clockwait(void* semaphore, int clock, const timespec* at) {
  static int (*real)(void*, int, const timespec*);
  const timespec until = real_deadline(clock, at);
  return original(real, "sem_clockwait")(semaphore, clock, &until);
}
EXPORT int sem_timedwait(void* semaphore, const timespec* at) {
  static int (*real)(void*, const timespec*);
  const timespec until = real_deadline(kRealtime, at);
  return original(real, "sem_timedwait", "GLIBC_2.34")(semaphore, &until);
}
EXPORT int pthread_cond_timedwait(void* condition, void* mutex, const timespec* at) {
  static int (*real)(void*, void*, const timespec*);
  const timespec until = real_deadline(likely_clock(nanos(*at)), at);
  return original(real, "pthread_cond_timedwait", "GLIBC_2.3.2")(condition, mutex, &until);
}
EXPORT int pthread_cond_clockwait(void* condition, void* mutex, int clock, const timespec* at) {
  static int (*real)(void*, void*, int, const timespec*);
  const timespec until = real_deadline(clock, at);
  return original(real, "pthread_cond_clockwait")(condition, mutex, clock, &until);
}
EXPORT int pthread_mutex_timedlock(void* mutex, const timespec* at) {
  static int (*real)(void*, const timespec*);
  const timespec until = real_deadline(kRealtime, at);
  return original(real, "pthread_mutex_timedlock")(mutex, &until);
}
EXPORT int pthread_mutex_clocklock(void* mutex, int clock, const timespec* at) {
  static int (*real)(void*, int, const timespec*);
  const timespec until = real_deadline(clock, at);
  return original(real, "pthread_mutex_clocklock")(mutex, clock, &until);
}
EXPORT int pthread_rwlock_timedrdlock(void* lock, const timespec* at) {
  static int (*real)(void*, const timespec*);
  const timespec until = real_deadline(kRealtime, at);
  return original(real, "pthread_rwlock_timedrdlock")(lock, &until);
}
EXPORT int pthread_rwlock_timedwrlock(void* lock, const timespec* at) {
  static int (*real)(void*, const timespec*);
  const timespec until = real_deadline(kRealtime, at);
  return original(real, "pthread_rwlock_timedwrlock")(lock, &until);
}
EXPORT int pthread_timedjoin_np(unsigned long thread, void** result, const timespec* at) {
  static int (*real)(unsigned long, void**, const timespec*);
  const timespec until = real_deadline(kRealtime, at);
  return original(real, "pthread_timedjoin_np")(thread, result, &until);
}

// libstdc++ waits on futexes by number, and some programs read clocks so.
EXPORT long syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_clock_gettime) return clock_gettime(static_cast<int>(a), reinterpret_cast<timespec*>(b));
  constexpr long kCommand = 127;
  const long command = b & kCommand;
  if (number != SYS_futex || !d || (command != 0 && command != 9)) return answer(call(number, a, b, c, d, e, f));
  const auto* given = reinterpret_cast<const timespec*>(d);
  const int clock = b & 256 ? kRealtime : kMonotonic;  // FUTEX_CLOCK_REALTIME
  // FUTEX_WAIT takes a span, FUTEX_WAIT_BITSET an instant.
  const timespec wait = command == 0 ? to_timespec(slower(nanos(*given))) : real_deadline(clock, given);
  return answer(call(number, a, b, c, word(&wait), e, f));
}
