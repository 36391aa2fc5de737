#include "feeds/net/url.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "feeds/net/escape.hpp"

namespace lockstep::feeds::net {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument(fmt::format("url '{}': {}", escape(text), why));
}

bool is_host_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_';
}

bool is_address_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > 65535) {
    refuse(text, "the port must be 1 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

/// Cuts `host[:port]` or `[v6][:port]` into its parts; what is left in `rest` is "" or ":port".
void take_host(std::string_view text, std::string_view& rest, std::string& host) {
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) refuse(text, "the [ of an IPv6 address has no ]");
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    for (const char c : host) {
      if (!is_address_byte(c)) refuse(text, "not an IPv6 address between [ and ]");
    }
  } else {
    host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(host.size());
    for (const char c : host) {
      if (!is_host_byte(c)) refuse(text, "the host may hold letters, digits, '.', '-' and '_' only");
    }
  }
  if (host.empty()) refuse(text, "no host");
  if (!rest.empty() && !rest.starts_with(':')) refuse(text, "only :port may follow the host");
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == (is_tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

Url parse_url(std::string_view text, UrlKind kind) {
  const std::string_view plain = kind == UrlKind::websocket ? "ws://" : "http://";
  const std::string_view tls = kind == UrlKind::websocket ? "wss://" : "https://";
  Url url;
  std::string_view rest = text;
  if (rest.starts_with(tls)) {
    url.is_tls = true;
    rest.remove_prefix(tls.size());
  } else if (rest.starts_with(plain)) {
    rest.remove_prefix(plain.size());
  } else {
    refuse(text, fmt::format("must begin with {} or {}", tls, plain));
  }
  if (rest.find_first_of("?#@") != std::string_view::npos)
    refuse(text, "no user, query or fragment is allowed");
  for (const char c : rest) {
    if (c <= 0x20 || c > 0x7e) refuse(text, "blanks and bytes beyond ASCII are not allowed");
  }
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    url.path = rest.substr(slash);
    rest = rest.substr(0, slash);
    while (url.path.ends_with('/')) url.path.pop_back();
  }
  take_host(text, rest, url.host);
  url.port = rest.empty() ? (url.is_tls ? 443 : 80) : parse_port(text, rest.substr(1));
  return url;
}

}  // namespace lockstep::feeds::net
