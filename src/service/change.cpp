#include "service/change.h"

namespace service {

void Change::put(std::string key, std::string value) {
  batch_.push_back({store::Write::Kind::Put, std::move(key), std::move(value)});
}

void Change::erase(std::string key) {
  batch_.push_back({store::Write::Kind::Erase, std::move(key), {}});
}

void Change::erase_range(std::string first, std::string last) {
  batch_.push_back({store::Write::Kind::EraseRange, std::move(first), std::move(last)});
}

void Change::roll_back_to(const Mark& mark) {
  while (undo_.size() > mark.undo) {
    Action undo = std::move(undo_.back());
    undo_.pop_back();
    undo();
  }
  batch_.resize(mark.writes);
  effects_.resize(mark.effects);
}

}  // namespace service
