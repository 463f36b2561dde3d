#include "docker/pause.h"

asm(R"(
  .section .rodata
  .global renkei_pause_program
  .global renkei_pause_program_end
renkei_pause_program:
  .incbin ")" RENKEI_PAUSE_PROGRAM R"("
renkei_pause_program_end:
  .previous
)");
extern "C" const char renkei_pause_program[];
extern "C" const char renkei_pause_program_end[];

namespace docker {

std::string_view pause_program() {
  return {renkei_pause_program, static_cast<std::size_t>(renkei_pause_program_end - renkei_pause_program)};
}

}  // namespace docker
