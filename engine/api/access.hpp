// Who may talk to the API: bind address, token, Host and Origin.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.hpp"

namespace lockstep::engine {

/// Lower-case host and port text of a Host header or of an origin's rest: "localhost:8787", "[::1]:8787",
/// "example.org".
struct Authority {
  std::string host;  ///< without brackets
  std::string port;  ///< digits, empty when not given
};
/// Nothing when it is empty or holds what a host cannot (blanks, slashes, user names, control characters).
std::optional<Authority> parse_authority(std::string_view text);

/// Loopback keeps the network out, but not the pages in the user's own browser: they reach it by a name that
/// resolves to 127.0.0.1, and websockets know no same-origin rule. So Host and Origin are checked.
class Access {
 public:
  /// Throws std::invalid_argument: bind is no address, it is beyond loopback without a token, or the token is
  /// short.
  explicit Access(const ApiConfig& config);

  const boost::asio::ip::address& address() const { return address_; }
  bool needs_token() const { return !token_.empty(); }
  /// The value of the Authorization header holds the token. Time does not depend on where they differ.
  bool is_token_right(std::string_view authorization) const;
  /// Loopback names and addresses, the bind address, and any literal address when bound to all of them.
  bool is_host_allowed(std::string_view host) const;
  /// http(s) from loopback, from the very host (and port) that the request itself names, or listed.
  bool is_origin_allowed(std::string_view origin, std::string_view host) const;
  /// One of [api] origins: its pages may read answers.
  bool is_listed(std::string_view origin) const;

 private:
  boost::asio::ip::address address_;
  std::string token_;
  std::vector<std::string> origins_;  // lower case
};

inline constexpr std::size_t kTokenCharactersMin = 32;

}  // namespace lockstep::engine
