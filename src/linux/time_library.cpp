#include "linux/time_library.h"

#include <elf.h>

#include <cmath>
#include <cstring>
#include <fstream>

asm(R"(
  .section .rodata
  .global renkei_time_library
  .global renkei_time_library_end
renkei_time_library:
  .incbin ")" RENKEI_TIME_LIBRARY R"("
renkei_time_library_end:
  .previous
)");
extern "C" const char renkei_time_library[];
extern "C" const char renkei_time_library_end[];

namespace linux_runtime {

std::string_view time_library() {
  return {renkei_time_library, static_cast<std::size_t>(renkei_time_library_end - renkei_time_library)};
}

std::string time_environment(const ClockMap& clock) {
  return std::to_string(clock.real_origin.time_since_epoch().count()) + "," +
         std::to_string(clock.cloud_origin.time_since_epoch().count()) + "," +
         std::to_string(std::llround(clock.speed * 1000));
}

bool is_static_program(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Elf64_Ehdr header{};
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    in.seekg(static_cast<std::streamoff>(header.e_phoff + static_cast<std::size_t>(i) * header.e_phentsize));
    if (!in.read(reinterpret_cast<char*>(&part), sizeof part)) return false;
    if (part.p_type == PT_INTERP) return false;
  }
  return true;
}

}  // namespace linux_runtime
