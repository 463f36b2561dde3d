#pragma once

#include <optional>
#include <string>

#include "service/context.h"

// What Application Auto Scaling needs beyond the public operations of ECS and CloudWatch.
namespace autoscaling {

// Where a fulfilled activity is mirrored: the ECS service's own events.
class ServiceEvents {
 public:
  virtual ~ServiceEvents() = default;
  virtual void add(service::Context& ctx, const std::string& cluster, const std::string& service,
                   const std::string& message) = 0;
};

// The system's time zones.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  // The TZif data (RFC 8536) of an IANA zone, "Europe/Berlin"; nothing when there is no such zone.
  virtual std::optional<std::string> read(const std::string& name) = 0;
};

}  // namespace autoscaling
