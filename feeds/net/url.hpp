// Endpoint addresses of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::feeds::net {

/// Which pair of schemes an address may have.
enum class UrlKind : std::uint8_t {
  websocket,  ///< ws://, wss://
  http,       ///< http://, https://
};

struct Url {
  bool is_tls = false;
  std::string host;        ///< name, IPv4, or IPv6 without its brackets
  std::uint16_t port = 0;  ///< 80 or 443 where the text names none
  std::string path;        ///< "" or "/prefix", never with a slash at its end

  /// What the Host header says: host, bracketed where it is IPv6, and the port unless it is the scheme's own.
  std::string authority() const;
};

/// Reads scheme://host[:port][/prefix]. Throws std::invalid_argument, naming the text and what is wrong with
/// it: another scheme, no host, a port outside 1..65535, a user, a query, a fragment, or a byte that no
/// address has.
Url parse_url(std::string_view text, UrlKind kind);

}  // namespace lockstep::feeds::net
