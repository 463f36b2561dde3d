#pragma once

// Elastic Container Registry: repositories, the images in them, and which layers each repository may use. The bytes of
// blobs are the gateway's business (OCI distribution endpoints): it puts them on disk and then says so here, by
// CompleteLayerUpload and PutImage, before it tells the client.

#include <memory>

#include "ecr/ports.h"
#include "service/registry.h"

namespace ecr {

// `blobs` must outlive the service.
std::unique_ptr<service::Service> make_service(Blobs& blobs);

}  // namespace ecr
