#pragma once

// The durable form of rows. A row type states its fields once, with numbers that are never reused:
//
//   struct QueueRow {
//     std::string name;
//     base::TimePoint created_at;
//     std::map<std::string, std::string> tags;
//     template <class Self, class Field>
//     static void fields(Self& row, Field&& field) {
//       field(1, row.name);
//       field(2, row.created_at);
//       field(3, row.tags);
//     }
//   };
//
// Bytes: per field varint number, varint length, payload. A reader skips numbers it does not know and leaves fields
// that are not there at their default, so rows can grow. Known: bool, integers, enums, double, std::string, TimePoint,
// Duration, optional, vector, set, map<std::string, T>, pair, base::Value, other row types, and generated API shapes
// (as CBOR). Include it in .cpp files only: it is heavy to compile.

#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/value.h"

namespace api {
struct Type;
}

namespace service::row {

void put_varint(std::string& out, std::uint64_t number);
bool take_varint(std::string_view& in, std::uint64_t& number);
bool take_bytes(std::string_view& in, std::string_view& bytes);  // varint length, then that many

void encode_shape(std::string& out, const api::Type& type, const void* object);
bool decode_shape(std::string_view in, const api::Type& type, void* object);
void encode_value(std::string& out, const base::Value& value);
bool decode_value(std::string_view& in, base::Value& value);

inline std::uint64_t zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}
inline std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

template <class T>
concept Shape = requires { T::type(); };
template <class T>
concept Row = requires(T& row) { T::fields(row, [](int, auto&) {}); };
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsPair = false;
template <class A, class B>
inline constexpr bool kIsPair<std::pair<A, B>> = true;
template <class T>
concept Sequence = requires(T& t) {
  typename T::value_type;
  t.insert(t.end(), typename T::value_type{});
} && !std::same_as<T, std::string>;

template <class T>
void encode(std::string& out, const T& value);

template <class T>
void encode_sized(std::string& out, const T& value) {
  std::string payload;
  encode(payload, value);
  put_varint(out, payload.size());
  out += payload;
}

template <class T>
void encode(std::string& out, const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    out += value;
  } else if constexpr (std::same_as<T, double>) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(bits >> shift));
  } else if constexpr (std::integral<T>) {
    put_varint(out, zigzag(static_cast<std::int64_t>(value)));
  } else if constexpr (std::is_enum_v<T>) {
    put_varint(out, zigzag(static_cast<std::int64_t>(value)));
  } else if constexpr (std::same_as<T, base::TimePoint>) {
    put_varint(out, zigzag(value.time_since_epoch().count()));
  } else if constexpr (std::same_as<T, base::Duration>) {
    put_varint(out, zigzag(value.count()));
  } else if constexpr (std::same_as<T, base::Value>) {
    encode_value(out, value);
  } else if constexpr (Shape<T>) {
    encode_shape(out, T::type(), &value);
  } else if constexpr (kIsPair<T>) {
    encode_sized(out, value.first);
    encode_sized(out, value.second);
  } else if constexpr (Sequence<T>) {
    for (const auto& item : value) encode_sized(out, item);
  } else {
    T::fields(value, [&](int number, const auto& field) {
      if constexpr (kIsOptional<std::remove_cvref_t<decltype(field)>>) {
        if (!field) return;
        put_varint(out, static_cast<std::uint64_t>(number));
        encode_sized(out, *field);
      } else {
        put_varint(out, static_cast<std::uint64_t>(number));
        encode_sized(out, field);
      }
    });
  }
}

template <class T>
bool decode(std::string_view in, T& value);

template <class T>
bool decode_number(std::string_view in, std::int64_t& number) {
  std::uint64_t raw = 0;
  if (!take_varint(in, raw)) return false;
  number = unzigzag(raw);
  return true;
}

template <class T>
bool decode_fields(std::string_view in, T& row) {
  while (!in.empty()) {
    std::uint64_t wanted = 0;
    std::string_view payload;
    if (!take_varint(in, wanted) || !take_bytes(in, payload)) return false;
    bool good = true;
    T::fields(row, [&](int number, auto& field) {
      if (static_cast<std::uint64_t>(number) != wanted) return;
      if constexpr (kIsOptional<std::remove_cvref_t<decltype(field)>>) {
        good = decode(payload, field.emplace());
      } else {
        good = decode(payload, field);
      }
    });
    if (!good) return false;
  }
  return true;
}

template <class T>
bool decode_sequence(std::string_view in, T& value) {
  value.clear();
  while (!in.empty()) {
    std::string_view payload;
    if (!take_bytes(in, payload)) return false;
    if constexpr (requires { typename T::mapped_type; }) {
      std::pair<typename T::key_type, typename T::mapped_type> item;
      if (!decode(payload, item)) return false;
      value.insert(value.end(), std::move(item));
    } else {
      typename T::value_type item{};
      if (!decode(payload, item)) return false;
      value.insert(value.end(), std::move(item));
    }
  }
  return true;
}

template <class T>
bool decode(std::string_view in, T& value) {
  std::int64_t number = 0;
  if constexpr (std::same_as<T, std::string>) {
    value = in;
    return true;
  } else if constexpr (std::same_as<T, double>) {
    if (in.size() != 8) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i)
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
    value = std::bit_cast<double>(bits);
    return true;
  } else if constexpr (std::integral<T> || std::is_enum_v<T>) {
    if (!decode_number<T>(in, number)) return false;
    value = static_cast<T>(number);
    return true;
  } else if constexpr (std::same_as<T, base::TimePoint>) {
    if (!decode_number<T>(in, number)) return false;
    value = base::TimePoint(base::Duration(number));
    return true;
  } else if constexpr (std::same_as<T, base::Duration>) {
    if (!decode_number<T>(in, number)) return false;
    value = base::Duration(number);
    return true;
  } else if constexpr (std::same_as<T, base::Value>) {
    return decode_value(in, value);
  } else if constexpr (Shape<T>) {
    return decode_shape(in, T::type(), &value);
  } else if constexpr (kIsPair<T>) {
    std::string_view first;
    std::string_view second;
    return take_bytes(in, first) && take_bytes(in, second) && decode(first, value.first) &&
           decode(second, value.second);
  } else if constexpr (Sequence<T>) {
    return decode_sequence(in, value);
  } else {
    return decode_fields(in, value);
  }
}

template <class T>
std::string to_bytes(const T& row) {
  std::string bytes;
  encode(bytes, row);
  return bytes;
}

}  // namespace service::row
