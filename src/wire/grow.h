#pragma once

#include <cstddef>
#include <string>

namespace wire {

// Makes `out` longer by `size` bytes that the caller fills in, and returns where they begin.
inline char* grow(std::string& out, std::size_t size) {
  const std::size_t from = out.size();
  const std::size_t whole = from + size;
  out.resize_and_overwrite(whole, [whole](char*, std::size_t) { return whole; });  // libstdc++ 12 tells the capacity
  return out.data() + from;
}

}  // namespace wire
