#pragma once

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "client/client.h"

// What both programs share: the article's environment variables, its log form, and an orderly end.
namespace example {

inline std::string required(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    std::cerr << "the environment variable " << name << " is not set" << std::endl;
    std::exit(2);
  }
  return value;
}

// As Python's logging writes it, so that the example's logs read like the article's.
inline void log(const std::string& text) {
  std::cerr << "INFO:root:" << text << std::endl;
}

inline client::Client make_client() {
  return client::Client({.endpoint = required("SQSEndpointUrl"), .region = required("RegionName")},
                        client::default_credentials());
}

inline volatile std::sig_atomic_t stopping = 0;

// The first process of a container gets no default action for SIGTERM: without a handler it would be killed only after
// the whole stopTimeout.
inline void end_on_sigterm() {
  struct sigaction action{};
  action.sa_handler = [](int) { stopping = 1; };
  sigaction(SIGTERM, &action, nullptr);  // no SA_RESTART: a sleep or a poll ends at once
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace example
