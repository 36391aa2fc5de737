// A certificate authority made on the spot, and a server certificate signed by it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <string>

namespace lockstep::sim {

/// EC P-256, for 127.0.0.1, ::1 and localhost, good for a year. Keys exist in memory only; what is written is
/// the authority's certificate, for clients to trust.
class TlsAuthority {
 public:
  /// Writes the PEM to `ca_file`, which then stays; or, when that is empty, to a new directory under the
  /// system's temporary one, readable by its owner only and removed with this object. Throws
  /// std::system_error when the file cannot be written, std::runtime_error when OpenSSL fails.
  explicit TlsAuthority(const std::filesystem::path& ca_file);

  const std::filesystem::path& ca_file() const { return ca_file_; }
  /// A server context, TLS 1.2 or later.
  boost::asio::ssl::context server_context() const;

 private:
  struct OwnDirectory {
    std::filesystem::path path;  // empty when the caller named the file
    OwnDirectory() = default;
    OwnDirectory(const OwnDirectory&) = delete;
    OwnDirectory& operator=(const OwnDirectory&) = delete;
    ~OwnDirectory();
  };

  OwnDirectory directory_;
  std::filesystem::path ca_file_;
  std::string chain_pem_;  // server certificate, then the authority's
  std::string key_pem_;
};

}  // namespace lockstep::sim
