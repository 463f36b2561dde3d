#include "ec2/lifecycle.h"

#include <algorithm>

#include "ec2/interface.h"
#include "ec2/nat_gateway.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

// Keys begin with "account/region/": the turn of a row is that of its owner.
service::Call owner_of(const std::string& key) {
  service::Call call;
  const std::size_t account = key.find('/');
  const std::size_t region = key.find('/', account + 1);
  call.account = key.substr(0, account);
  call.region = key.substr(account + 1, region - account - 1);
  return call;
}

void settle_endpoint(State& state, const std::string& key, service::Context& ctx) {
  const EndpointRow row = *state.endpoints.find(key);
  if (row.state == "deleting") {
    for (const auto& [subnet, interface] : row.interfaces) delete_interface(state, interface, ctx);
    drop_tags(state, row.id, ctx);
    state.endpoints.erase(ctx.change, key);
    return;
  }
  state.endpoints.modify(ctx.change, key, [](EndpointRow& changed) {
    changed.state = "available";
    changed.due = base::kNever;
  });
}

template <class Settle>
void settle_due(const State::Agenda& agenda, service::Context& ctx, Settle settle) {
  while (!agenda.empty() && agenda.begin()->first <= ctx.now) {
    const std::string key = agenda.begin()->second;
    const service::Call call = owner_of(key);
    service::Context own = ctx.as(call);
    settle(key, own);
  }
}

}  // namespace

base::TimePoint next_change(const State& state) {
  base::TimePoint next = base::kNever;
  for (const State::Agenda* agenda : {&state.due_endpoints, &state.due_nat_gateways}) {
    if (!agenda->empty()) next = std::min(next, agenda->begin()->first);
  }
  return next;
}

void make_due_changes(State& state, service::Context& ctx) {
  settle_due(state.due_endpoints, ctx,
             [&](const std::string& key, service::Context& own) { settle_endpoint(state, key, own); });
  settle_due(state.due_nat_gateways, ctx,
             [&](const std::string& key, service::Context& own) { settle_nat_gateway(state, key, own); });
}

}  // namespace ec2
