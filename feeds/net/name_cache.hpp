// The last good answers of name resolution, for when there is none (fault N12).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lockstep::feeds::net {

/// From any thread. Bounded: one entry a host that was ever reached, at most kHostsMax.
class NameCache {
 public:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  static constexpr std::size_t kHostsMax = 256;

  void note(const std::string& authority, Endpoints endpoints) {
    const std::lock_guard lock(mutex_);
    if (hosts_.size() < kHostsMax || hosts_.contains(authority)) hosts_[authority] = std::move(endpoints);
  }
  /// Empty when there was none.
  Endpoints find(const std::string& authority) const {
    const std::lock_guard lock(mutex_);
    const auto found = hosts_.find(authority);
    return found == hosts_.end() ? Endpoints() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Endpoints> hosts_;
};

/// The one of the process.
NameCache& name_cache();

}  // namespace lockstep::feeds::net
