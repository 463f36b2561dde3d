#include "cloud/services.h"

namespace cloud {

std::unique_ptr<Services> make_services(const Cloud::Parts&, const Config&) {
  auto services = std::make_unique<Services>();
  return services;
}

}  // namespace cloud
