#define OPENSSL_SUPPRESS_DEPRECATED  // the low-level digests are three times as fast as EVP for short inputs
#include "wire/md5_many.h"

#include <openssl/md5.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace wire {
namespace {

constexpr std::size_t kBlock = 64;

Md5Bytes finished(MD5_CTX& context) {
  Md5Bytes digest;
  MD5_Final(reinterpret_cast<unsigned char*>(digest.data()), &context);
  return digest;
}

#if defined(__x86_64__)
#define RENKEI_AVX2 __attribute__((target("avx2")))
#define RENKEI_AVX2_INLINE inline __attribute__((always_inline, target("avx2")))

// A step of MD5 waits for the one before, so one text keeps a core mostly idle. Here every lane of a vector works on a
// text of its own, and two vectors take turns.
constexpr std::size_t kLanes = 8;
using Words = std::uint32_t __attribute__((vector_size(4 * kLanes)));

// RFC 1321. Of step i: the sine and the rotation.
constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
constexpr std::uint32_t kStart[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

template <std::size_t I>
RENKEI_AVX2_INLINE void step(Words (&state)[4], const Words (&block)[16]) {
  constexpr std::size_t round = I / 16;
  constexpr std::size_t word = (round == 0 ? I : round == 1 ? 5 * I + 1 : round == 2 ? 3 * I + 5 : 7 * I) % 16;
  constexpr int turn = kTurns[round][I % 4];
  Words& a = state[(64 - I) % 4];
  const Words b = state[(65 - I) % 4];
  const Words c = state[(66 - I) % 4];
  const Words d = state[(67 - I) % 4];
  a += block[word] + kSines[I];
  if constexpr (round == 0) {
    a += d ^ (b & (c ^ d));
  } else if constexpr (round == 1) {
    a += (b & d) + (c & ~d);  // no bit is in both, so the late one joins last
  } else if constexpr (round == 2) {
    a += b ^ (c ^ d);
  } else {
    a += c ^ (b | ~d);
  }
  a = ((a << turn) | (a >> (32 - turn))) + b;
}

template <std::size_t I, std::size_t Vectors>
RENKEI_AVX2_INLINE void step_each(Words (&states)[Vectors][4], const Words (&blocks)[Vectors][16]) {
  step<I>(states[0], blocks[0]);
  if constexpr (Vectors > 1) step<I>(states[1], blocks[1]);
}

template <std::size_t Vectors, std::size_t... I>
RENKEI_AVX2_INLINE void steps(Words (&states)[Vectors][4], const Words (&blocks)[Vectors][16],
                              std::index_sequence<I...>) {
  (step_each<I>(states, blocks), ...);
}

// Eight rows of eight words become their columns.
RENKEI_AVX2_INLINE void transpose(Words (&rows)[8], Words* columns) {
  Words pairs[8];
  for (std::size_t i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  Words fours[8];
  for (std::size_t i = 0; i < 8; i += 4) {
    for (std::size_t k = 0; k < 2; ++k) {
      fours[i + 2 * k] = __builtin_shufflevector(pairs[i + k], pairs[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * k + 1] = __builtin_shufflevector(pairs[i + k], pairs[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    columns[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    columns[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// What is left of one text: whole blocks where it lies, then one or two of its end with the padding.
struct Lane {
  const char* at = nullptr;
  std::size_t blocks = 0;  // from `at` on
  std::size_t ends = 0;    // blocks of `end` after those
  char end[2 * kBlock] = {};

  void load(std::string_view text) {
    at = text.data();
    blocks = text.size() / kBlock;
    const std::string_view rest = text.substr(blocks * kBlock);
    ends = rest.size() + 9 <= kBlock ? 1 : 2;
    if (!rest.empty()) std::memcpy(end, rest.data(), rest.size());
    end[rest.size()] = static_cast<char>(0x80);
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    std::memcpy(end + ends * kBlock - 8, &bits, 8);
    next_part();
  }
  void next_part() {
    if (blocks > 0 || ends == 0) return;
    at = end;
    blocks = std::exchange(ends, 0);
  }
};

template <std::size_t Vectors>
class Group {
 public:
  static constexpr std::size_t kTexts = Vectors * kLanes;

  explicit Group(std::span<const std::string_view> texts) : count_(texts.size()) {
    for (std::size_t i = 0; i < count_; ++i) lanes_[i].load(texts[i]);
    for (std::size_t word = 0; word < 4; ++word) {
      for (std::size_t v = 0; v < Vectors; ++v) states_[v][word] = Words{} + kStart[word];
    }
  }

  void run(std::span<Md5Bytes> digests) {
    // The last ones are faster alone.
    constexpr std::size_t kFewest = 3;
    while (running() >= kFewest) {
      std::size_t blocks = SIZE_MAX;
      for (const Lane& lane : lanes_) blocks = lane.blocks > 0 ? std::min(blocks, lane.blocks) : blocks;
      advance(blocks);
      for (std::size_t i = 0; i < count_; ++i) {
        Lane& lane = lanes_[i];
        if (lane.blocks == 0) continue;
        lane.blocks -= blocks;
        lane.next_part();
        if (lane.blocks == 0) digests[i] = digest(context(i));
      }
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (lanes_[i].blocks > 0) digests[i] = finish_alone(i);
    }
  }

 private:
  std::size_t running() const {
    return static_cast<std::size_t>(std::ranges::count_if(lanes_, [](const Lane& lane) { return lane.blocks > 0; }));
  }

  // All lanes by so many blocks; those that are done go through the motions.
  RENKEI_AVX2 void advance(std::size_t count) {
    static constexpr char kNothing[kBlock] = {};
    Words states[Vectors][4];
    std::memcpy(states, states_, sizeof states);
    for (; count > 0; --count) {
      Words blocks[Vectors][16];
      for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t v = 0; v < Vectors; ++v) {
          Words rows[kLanes];
          for (std::size_t i = 0; i < kLanes; ++i) {
            const Lane& lane = lanes_[v * kLanes + i];
            const char* from = lane.blocks > 0 ? lane.at : kNothing;
            std::memcpy(&rows[i], from + half * sizeof(Words), sizeof(Words));
          }
          transpose(rows, blocks[v] + half * kLanes);
        }
      }
      Words before[Vectors][4];
      std::memcpy(before, states, sizeof states);
      steps(states, blocks, std::make_index_sequence<64>());
      for (std::size_t v = 0; v < Vectors; ++v) {
        for (std::size_t word = 0; word < 4; ++word) states[v][word] += before[v][word];
      }
      for (Lane& lane : lanes_) lane.at += lane.blocks > 0 ? kBlock : 0;
    }
    std::memcpy(states_, states, sizeof states);
  }

  MD5_CTX context(std::size_t lane) const {
    MD5_CTX context{};
    const Words* state = states_[lane / kLanes];
    context.A = state[0][lane % kLanes];
    context.B = state[1][lane % kLanes];
    context.C = state[2][lane % kLanes];
    context.D = state[3][lane % kLanes];
    return context;
  }
  static Md5Bytes digest(const MD5_CTX& context) {
    const std::uint32_t words[4] = {context.A, context.B, context.C, context.D};
    Md5Bytes digest;
    std::memcpy(digest.data(), words, sizeof words);  // MD5 is little-endian, as x86 is
    return digest;
  }
  Md5Bytes finish_alone(std::size_t i) {
    MD5_CTX rest = context(i);
    Lane& lane = lanes_[i];
    for (; lane.blocks > 0; lane.next_part()) {
      for (; lane.blocks > 0; --lane.blocks, lane.at += kBlock) {
        MD5_Transform(&rest, reinterpret_cast<const unsigned char*>(lane.at));
      }
    }
    return digest(rest);
  }

  std::size_t count_;
  std::array<Lane, kTexts> lanes_;
  Words states_[Vectors][4];
};
#endif

}  // namespace

Md5Bytes md5(std::string_view text) {
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Update(&context, text.data(), text.size());
  return finished(context);
}

void md5_many(std::span<const std::string_view> texts, std::span<Md5Bytes> digests) {
#if defined(__x86_64__)
  static const bool kVectors = __builtin_cpu_supports("avx2") != 0;
  while (kVectors && texts.size() > 2) {
    const std::size_t count = std::min(texts.size(), Group<2>::kTexts);
    if (count > kLanes) {
      Group<2>(texts.first(count)).run(digests);
    } else {
      Group<1>(texts.first(count)).run(digests);
    }
    texts = texts.subspan(count);
    digests = digests.subspan(count);
  }
#endif
  for (std::size_t i = 0; i < texts.size(); ++i) digests[i] = md5(texts[i]);
}

}  // namespace wire
