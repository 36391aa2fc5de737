// TLS as every connection of ours uses it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace lockstep::feeds::net {

/// A client context: TLS 1.2 or newer, the system's certificate authorities and those of ca_file (PEM; empty:
/// none), chain verified. Host name and SNI are set per connection by Transport. There is no way to switch a
/// check off. Throws std::invalid_argument when ca_file cannot be read or holds no certificate.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::string& ca_file);

}  // namespace lockstep::feeds::net
