/// jemalloc's settings, which it reads through this name before main().
///
/// Freed pages stay ours for 30 s (its defaults: 10 s dirty, 0 muzzy) before the kernel gets them back. At 20,000
/// requests a second the defaults purge pages and fault them in again all the time, some 3 us of kernel time in each
/// request; a burst's memory is given back half a minute later instead. Sanitizers' allocators take no notice of it.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:30000,muzzy_decay_ms:30000";
}
