#pragma once

#include <string>
#include <string_view>

#include "s3/state.h"

namespace s3 {

// The upload in progress, or NoSuchUpload.
base::Outcome<const UploadRow*> find_upload(const State& state, std::string_view bucket, std::string_view key,
                                            std::string_view id);
base::Outcome<void> check_part_number(std::int64_t number);

}  // namespace s3
