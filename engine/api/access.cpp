#include "engine/api/access.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <stdexcept>

#include "engine/api/ascii.hpp"
#include "engine/core/defence.hpp"

namespace lockstep::engine {
namespace {

namespace ip = boost::asio::ip;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const ip::address address = ip::make_address(host, error);
  return !error && address.is_loopback();
}

ip::address bind_address(const std::string& bind) {
  if (bind == "localhost") return ip::address_v4::loopback();
  boost::system::error_code error;
  const ip::address address = ip::make_address(bind, error);
  if (error) {
    throw std::invalid_argument(fmt::format(
        "[api] bind = \"{}\" is not an address: write 127.0.0.1, ::1, 0.0.0.0 or an address of this machine",
        bind));
  }
  return address;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  Authority out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    out.host = lower(text.substr(1, bracket - 1));
    boost::system::error_code error;
    ip::make_address_v6(out.host, error);
    if (error) return std::nullopt;
    rest = text.substr(bracket + 1);
  } else {
    const std::size_t colon = text.find(':');
    out.host = lower(text.substr(0, colon));
    if (out.host.empty() || !std::all_of(out.host.begin(), out.host.end(), is_host_character))
      return std::nullopt;
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (rest.empty()) return out;
  if (rest.front() != ':' || !is_port(rest.substr(1))) return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

Access::Access(const ApiConfig& config) : address_(bind_address(config.bind)), token_(config.token) {
  for (const std::string& origin : config.origins) origins_.push_back(lower(origin));
  if (!token_.empty() && token_.size() < kTokenCharactersMin) {
    throw std::invalid_argument(fmt::format(
        "[api] token has {} characters: it must have at least {}; `openssl rand -hex 32` makes a good one",
        token_.size(), kTokenCharactersMin));
  }
  if (token_.empty() && !address_.is_loopback()) {
    throw std::invalid_argument(
        fmt::format("[api] bind = \"{}\" lets other machines in, so [api] token must be set (at least {} "
                    "characters; `openssl rand "
                    "-hex 32` makes a good one). Without a token, bind to 127.0.0.1",
                    config.bind, kTokenCharactersMin));
  }
}

bool Access::is_token_right(std::string_view authorization) const {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size() || lower(authorization.substr(0, kScheme.size())) != kScheme)
    return false;
  const std::string_view given = authorization.substr(kScheme.size());
  return (given.size() == token_.size() && CRYPTO_memcmp(given.data(), token_.data(), token_.size()) == 0) ||
         !LOCKSTEP_DEFENCE(token);
}

bool Access::is_host_allowed(std::string_view host) const {
  const auto authority = parse_authority(host);
  if (!LOCKSTEP_DEFENCE(host_name)) return true;
  if (!authority) return false;
  if (is_loopback_host(authority->host)) return true;
  boost::system::error_code error;
  const ip::address literal = ip::make_address(authority->host, error);
  // A rebinding attack needs a name of the attacker's; a literal address cannot be one.
  return !error && (literal == address_ || address_.is_unspecified());
}

bool Access::is_listed(std::string_view origin) const {
  return !origin.empty() && std::find(origins_.begin(), origins_.end(), lower(origin)) != origins_.end();
}

bool Access::is_origin_allowed(std::string_view origin, std::string_view host) const {
  const std::string text = lower(origin);
  if (is_listed(origin) || !LOCKSTEP_DEFENCE(origin)) return true;
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme)) return false;
  const std::string_view rest = std::string_view(text).substr(scheme.size());
  const auto authority = parse_authority(rest);
  return authority && (is_loopback_host(authority->host) || rest == lower(host));
}

}  // namespace lockstep::engine
