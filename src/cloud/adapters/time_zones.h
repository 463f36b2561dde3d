#pragma once

#include <functional>
#include <optional>
#include <string>

#include "autoscaling/ports.h"

namespace cloud {

// The driver's time zones, for scheduled actions.
class TimeZones : public autoscaling::TimeZones {
 public:
  using Read = std::function<std::optional<std::string>(const std::string&)>;

  explicit TimeZones(Read read) : read_(std::move(read)) {}

  std::optional<std::string> read(const std::string& name) override { return read_ ? read_(name) : std::nullopt; }

 private:
  Read read_;
};

}  // namespace cloud
