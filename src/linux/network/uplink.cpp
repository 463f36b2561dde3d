#include "linux/network/uplink.h"

#include <fcntl.h>

#include <algorithm>

#include "base/fault.h"
#include "linux/network/forwarding.h"
#include "linux/network/names.h"
#include "linux/network/namespaces.h"
#include "linux/network/rules.h"

namespace linux_runtime {
namespace {

// Each link has four addresses of 198.19.0.0/16, of which nobody outside of this machine sees any.
constexpr const char* kLinkRange = "198.19.0.0/16";
constexpr const char* kServicesRange = "198.18.0.0";  // never leaves: /15, with the links' own
constexpr int kServicesPrefix = 15;
constexpr unsigned kSlots = 1u << 14;
constexpr unsigned kSlotAddresses = 4;
constexpr int kSlotPrefix = 30;

std::string outer_address(unsigned slot) {
  return address_in(kLinkRange, slot * kSlotAddresses + 1);
}
std::string inner_address(unsigned slot) {
  return address_in(kLinkRange, slot * kSlotAddresses + 2);
}

}  // namespace

Uplinks::Uplinks(std::string prefix, std::function<void(const std::string&)> say)
    : prefix_(std::move(prefix)), say_(std::move(say)) {}

Result<std::vector<std::string>> Uplinks::links_of_machine() {
  if (!outside_) {
    TRY(outside_, Netlink::open());
  }
  TRY(const auto links, outside_->links());
  std::vector<std::string> out;
  for (const auto& link : links) out.push_back(link.name);
  return out;
}

Result<void> Uplinks::open(const std::string& network, const std::string& name_space, Netlink& inside) {
  if (links_.contains(network)) return {};
  TRY(const auto links, links_of_machine());
  unsettled_ = true;
  Result<void> done;
  {
    TRY(Forwarding forwarding, Forwarding::open());  // held until the link is there, which says that it is needed
    TRY(const bool turned_on, forwarding.turn_on(links));
    if (turned_on && say_) say_("turned on IPv4 forwarding on this machine: a subnet has a route to the internet");
    done = connect(network, name_space, inside);
  }
  if (done) done = set_rules();
  if (!done) close(network, inside);
  return done;
}

std::string Uplinks::link_of(const std::string& network) const {
  return kUplinkPrefix + digits_of(prefix_ + network, 13);
}

// Every step is fine when an earlier process did it: connections over the link go on.
Result<void> Uplinks::connect(const std::string& network, const std::string& name_space, Netlink& inside) {
  const std::string link = link_of(network);
  links_[network] = link;
  auto outer = outside_->index_of(link);
  if (!outer || !inside.index_of(kOutsideLink)) {
    CHECK(outside_->remove_link(link));  // its other end is in a namespace that is about to go

    const Fd there(::open(namespace_path(name_space).c_str(), O_RDONLY | O_CLOEXEC));
    if (!there) return system_error("cannot find the network namespace " + name_space);
    outer = outside_->add_veth({link, kOutsideLink, "", there.get()});
    if (!outer) return std::unexpected(outer.error());
  }
  TRY(const unsigned slot, slot_of(*outer, link));
  CHECK(outside_->add_address(*outer, outer_address(slot), kSlotPrefix));
  TRY(const int inner, inside.index_of(kOutsideLink));
  CHECK(inside.add_blackhole(kServicesRange, kServicesPrefix));
  CHECK(inside.add_address(inner, inner_address(slot), kSlotPrefix));
  CHECK(inside.set_up(inner));
  CHECK(inside.add_default_route(outer_address(slot)));
  return outside_->wait_until_ready(*outer);
}

// The one that the link has; else one that no link of this machine has, whoever made it.
Result<unsigned> Uplinks::slot_of(int link, const std::string& name) {
  TRY(const auto addresses, outside_->addresses());
  std::map<std::string, int> used;
  for (const auto& one : addresses) used[one.address] = one.link;
  const unsigned first = static_cast<unsigned>(std::stoul(digits_of(name, 4), nullptr, 16));
  const bool has_one = std::ranges::any_of(used, [&](const auto& one) { return one.second == link; });
  std::optional<unsigned> free;
  for (unsigned i = 0; i < kSlots; ++i) {
    const unsigned slot = (first + i) % kSlots;
    const auto at = used.find(outer_address(slot));
    if (at != used.end() && at->second == link) return slot;
    if (at == used.end() && !free) free = slot;
    if (free && !has_one) break;
  }
  if (free) return *free;
  return error(std::string("no address is free for a link in ") + kLinkRange);
}

void Uplinks::close(const std::string& network, Netlink& inside) {
  const auto at = links_.find(network);
  if (at == links_.end()) return;
  (void)outside_->remove_link(at->second);
  (void)inside.add_blackhole("0.0.0.0", 0);
  links_.erase(at);
  unsettled_ = true;
}

void Uplinks::forget(const std::string& network) {
  links_.erase(network);
  unsettled_ = true;
  if (outside_ || links_of_machine()) (void)outside_->remove_link(link_of(network));
}

std::string Uplinks::rules() const {
  std::string table = prefix_ + "outside";
  std::ranges::replace(table, '-', '_');
  std::string out = "table ip " + table + "\ndelete table ip " + table + "\n";
  if (links_.empty()) return out;
  std::string names;
  for (const auto& [network, link] : links_) names += (names.empty() ? "\"" : ", \"") + link + "\"";
  return out + "table ip " + table + " {\nset links { type ifname; elements = { " + names + " }; }\n" +
         "chain forward {\ntype filter hook forward priority 0;\n"
         "iifname @links oifname @links drop\n"
         "oifname @links ct state established,related accept\n"
         "oifname @links drop\n}\n"
         "chain input {\ntype filter hook input priority 0;\n"
         "iifname @links ct state established,related accept\n"
         "iifname @links drop\n}\n"
         "chain leave {\ntype nat hook postrouting priority 100;\n"
         "ip saddr " +
         kLinkRange + " oifname != @links masquerade\n}\n}\n";
}

Result<void> Uplinks::set_rules(bool anew) {
  std::string wanted = rules();
  if (wanted != rules_ && (!rules_.empty() || !links_.empty() || anew)) {
    CHECK(run_rules(wanted));
    rules_ = std::move(wanted);
  }
  return links_.empty() && std::exchange(unsettled_, false) ? put_forwarding_back() : Result<void>{};
}

Result<void> Uplinks::put_forwarding_back() {
  if (!Forwarding::is_noted()) return {};
  TRY(const auto links, links_of_machine());
  TRY(Forwarding forwarding, Forwarding::open());
  TRY(const std::string said, forwarding.put_back(links));
  if (!said.empty() && say_) say_(said);
  return {};
}

}  // namespace linux_runtime
