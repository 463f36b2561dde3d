#include "service/context.h"

namespace service {

std::string Context::arn(std::string_view service, std::string_view resource) const {
  std::string text = "arn:aws:";
  text.append(service).append(":").append(call.region).append(":").append(call.account).append(":").append(resource);
  return text;
}

std::string key(const Call& call, std::initializer_list<std::string_view> parts) {
  std::string text = call.account + "/" + call.region;
  for (const std::string_view part : parts) text.append("/").append(part);
  return text;
}

std::string scope_prefix(const Call& call) {
  return call.account + "/" + call.region + "/";
}

}  // namespace service
