#include "feeds/net/tls.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace lockstep::feeds::net {

namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls_context(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_default_verify_paths();
  context->set_verify_mode(ssl::verify_peer);
  if (!ca_file.empty()) {
    boost::system::error_code error;
    context->load_verify_file(ca_file, error);
    if (error) {
      throw std::invalid_argument(
          fmt::format("ca_file '{}': no certificates could be read ({}); it must be a PEM file", ca_file,
                      error.message()));
    }
  }
  return context;
}

}  // namespace lockstep::feeds::net
