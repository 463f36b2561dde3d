#include "service/row.h"

namespace service::row {

void put_varint(std::string& out, std::uint64_t number) {
  if (number < 0x80) return out.push_back(static_cast<char>(number));
  char bytes[10];  // 64 bits, 7 in each
  std::size_t size = 0;
  for (; number >= 0x80; number >>= 7) bytes[size++] = static_cast<char>(number | 0x80);
  bytes[size++] = static_cast<char>(number);
  out.append(bytes, size);
}

bool take_varint(std::string_view& in, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool take_bytes(std::string_view& in, std::string_view& bytes) {
  std::uint64_t length = 0;
  if (!take_varint(in, length) || length > in.size()) return false;
  bytes = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

namespace {

enum Tag : char { Null, False, True, Integer, Double, Text, Array, Object };

}  // namespace

void encode_value(std::string& out, const base::Value& value) {
  if (value.is_null()) {
    out.push_back(Null);
  } else if (value.is_bool()) {
    out.push_back(value.as_bool() ? True : False);
  } else if (value.is_integer()) {
    out.push_back(Integer);
    put_varint(out, zigzag(value.as_integer()));
  } else if (value.is_double()) {
    out.push_back(Double);
    encode(out, value.as_double());
  } else if (value.is_string()) {
    out.push_back(Text);
    encode_sized(out, value.as_string());
  } else if (value.is_array()) {
    out.push_back(Array);
    put_varint(out, value.as_array().size());
    for (const base::Value& item : value.as_array()) encode_value(out, item);
  } else {
    out.push_back(Object);
    put_varint(out, value.as_object().size());
    for (const auto& [name, member] : value.as_object()) {
      encode_sized(out, name);
      encode_value(out, member);
    }
  }
}

namespace {

bool decode_items(std::string_view& in, base::Value& value) {
  std::uint64_t count = 0;
  if (!take_varint(in, count) || count > in.size()) return false;
  base::Value::Array items(count);
  for (base::Value& item : items) {
    if (!decode_value(in, item)) return false;
  }
  value = std::move(items);
  return true;
}

bool decode_members(std::string_view& in, base::Value& value) {
  std::uint64_t count = 0;
  if (!take_varint(in, count) || count > in.size()) return false;
  base::Value::Object members(count);
  for (auto& [name, member] : members) {
    std::string_view text;
    if (!take_bytes(in, text) || !decode_value(in, member)) return false;
    name = text;
  }
  value = std::move(members);
  return true;
}

bool decode_scalar(char tag, std::string_view& in, base::Value& value) {
  std::uint64_t number = 0;
  std::string_view bytes;
  double real = 0;
  switch (tag) {
    case Null:
      value = nullptr;
      return true;
    case False:
    case True:
      value = tag == True;
      return true;
    case Integer:
      if (!take_varint(in, number)) return false;
      value = unzigzag(number);
      return true;
    case Double:
      if (in.size() < 8 || !decode(in.substr(0, 8), real)) return false;
      in.remove_prefix(8);
      value = real;
      return true;
    case Text:
      if (!take_bytes(in, bytes)) return false;
      value = bytes;
      return true;
    default:
      return false;
  }
}

}  // namespace

bool decode_value(std::string_view& in, base::Value& value) {
  if (in.empty()) return false;
  const char tag = in.front();
  in.remove_prefix(1);
  if (tag == Array) return decode_items(in, value);
  if (tag == Object) return decode_members(in, value);
  return decode_scalar(tag, in, value);
}

}  // namespace service::row
