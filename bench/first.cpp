// The program of `bench/run --only launch`: tells when it runs (UNIX time in nanoseconds), as the first thing it does,
// then waits for SIGTERM. Static, so that nothing is before it.

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

int main() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  char line[48];
  const int length =
      std::snprintf(line, sizeof line, "first %lld%09ld\n", static_cast<long long>(now.tv_sec), now.tv_nsec);
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigprocmask(SIG_BLOCK, &end, nullptr);
  if (write(1, line, static_cast<std::size_t>(length)) != length) return 1;
  int caught = 0;
  sigwait(&end, &caught);
  return 0;
}
