#pragma once

#include <string>

#include "ec2/service.h"
#include "ec2/state.h"

namespace cloud::access {

// The VPC endpoints that requests come through. All answers are nullptr if there is none.
class Endpoints {
 public:
  explicit Endpoints(const ec2::Ec2Service& ec2) : state_(ec2.state()) {}

  const ec2::EndpointRow* find(const std::string& id) const;
  // Of an interface endpoint, by one of its interfaces ("eni-…").
  const ec2::EndpointRow* of_interface(const std::string& interface) const;
  // Of S3's gateway endpoint, if the route table of the sender's subnet leads there.
  const ec2::EndpointRow* of_gateway(const std::string& vpc, const std::string& sender) const;
  // By the address inside the VPC at which a request arrived.
  const ec2::EndpointRow* at(const std::string& vpc, const std::string& address, const std::string& sender) const;

 private:
  const ec2::State& state_;
};

}  // namespace cloud::access
