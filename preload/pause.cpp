// The only process of a container that holds a task's network for the others (src/docker). It needs no library.

extern "C" [[noreturn]] void _start() {
  for (;;) {
#if defined(__x86_64__)
    long result = 34;  // pause
    asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long result asm("x0") = 0;
    register long count asm("x1") = 0;
    register long forever asm("x2") = 0;
    register long mask asm("x3") = 0;
    register long call asm("x8") = 73;  // ppoll
    asm volatile("svc 0" : "+r"(result) : "r"(count), "r"(forever), "r"(mask), "r"(call) : "memory");
#else
#error "the system call that waits for a signal"
#endif
  }
}
