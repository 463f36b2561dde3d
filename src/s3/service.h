#pragma once

#include <memory>

#include "s3/ports.h"
#include "service/registry.h"

namespace s3 {

// `blobs` must outlive the service.
std::unique_ptr<service::Service> make_service(Blobs& blobs);

}  // namespace s3
