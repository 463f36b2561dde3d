#include "linux/network/uplink.h"

#include <fcntl.h>

#include <algorithm>

#include "base/fault.h"
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
constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

std::string outer_address(unsigned slot) {
  return address_in(kLinkRange, slot * kSlotAddresses + 1);
}
std::string inner_address(unsigned slot) {
  return address_in(kLinkRange, slot * kSlotAddresses + 2);
}

}  // namespace

Result<bool> enable_forwarding() {
  const Fd file(open(kForwarding, O_RDWR | O_CLOEXEC));
  char now = '0';
  if (!file || read(file.get(), &now, 1) != 1) return system_error(std::string("cannot read ") + kForwarding);
  if (now != '0') return false;
  if (pwrite(file.get(), "1", 1, 0) != 1) return system_error(std::string("cannot write ") + kForwarding);
  return true;
}

Uplinks::Uplinks(std::string prefix) : prefix_(std::move(prefix)) {}

Result<void> Uplinks::open(const std::string& network, const std::string& name_space, Netlink& inside) {
  if (links_.contains(network)) return {};
  if (!outside_) {
    TRY(outside_, Netlink::open());
  }
  Result<void> done = connect(network, name_space, inside);
  if (done) done = set_rules();
  if (!done) close(network, inside);
  return done;
}

// Every step is fine when an earlier process did it: connections over the link go on.
Result<void> Uplinks::connect(const std::string& network, const std::string& name_space, Netlink& inside) {
  const std::string link = "rk" + digits_of(prefix_ + network, 13);
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
}

void Uplinks::forget(const std::string& network) {
  const auto at = links_.find(network);
  if (at == links_.end()) return;
  (void)outside_->remove_link(at->second);
  links_.erase(at);
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
  if (wanted == rules_ || (rules_.empty() && links_.empty() && !anew)) return {};
  CHECK(run_rules(wanted));
  rules_ = std::move(wanted);
  return {};
}

}  // namespace linux_runtime
