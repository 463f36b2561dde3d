#include "service/registry.h"

namespace service {

void Responder::send(Change& change, Answer answer) {
  change.reply(std::move(waiting_.deliver), std::move(answer));
}

const Registry::Handler* Registry::find(const api::Operation& operation) const {
  const auto found = handlers_.find(&operation);
  return found == handlers_.end() ? nullptr : &found->second;
}

const Registry::LateHandler* Registry::find_late(const api::Operation& operation) const {
  const auto found = late_handlers_.find(&operation);
  return found == late_handlers_.end() ? nullptr : &found->second;
}

}  // namespace service
