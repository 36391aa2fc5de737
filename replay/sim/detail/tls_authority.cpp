#include "replay/sim/detail/tls_authority.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace lockstep::sim {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void check(bool is_fine, const char* what) {
  if (!is_fine) throw std::runtime_error(std::string("OpenSSL failed to ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "make a P-256 key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "add a certificate extension");
}

Certificate make_certificate(EVP_PKEY* key, const char* common_name, X509* issuer) {
  Certificate out(X509_new());
  check(out != nullptr, "make a certificate");
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  X509_set_version(out.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), (serial >> 1) + 1);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -24L * 3600);  // clients' clocks differ
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 365L * 24 * 3600);
  X509_NAME* name = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name),
                             -1, -1, 0);
  X509_set_issuer_name(out.get(), issuer != nullptr ? X509_get_subject_name(issuer) : name);
  check(X509_set_pubkey(out.get(), key) == 1, "set a certificate's key");
  return out;
}

template <typename Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  check(bio && write(bio.get()) == 1, "write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::filesystem::path make_private_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-sim-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {  // creates it with mode 0700
    throw std::system_error(errno, std::generic_category(), "cannot make a directory " + pattern);
  }
  return pattern;
}

}  // namespace

TlsAuthority::TlsAuthority(const std::filesystem::path& ca_file) {
  const Key ca_key = make_key();
  const Certificate ca = make_certificate(ca_key.get(), "lockstep simulator CA", nullptr);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  check(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "sign");

  const Key key = make_key();
  const Certificate server = make_certificate(key.get(), "localhost", ca.get());
  add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca.get(), NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost");
  add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid");
  check(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0, "sign");

  const std::string ca_pem = certificate_pem(ca.get());
  chain_pem_ = certificate_pem(server.get()) + ca_pem;
  key_pem_ = to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });

  if (ca_file.empty()) directory_.path = make_private_directory();
  ca_file_ = ca_file.empty() ? directory_.path / "ca.pem" : ca_file;
  std::ofstream file(ca_file_, std::ios::binary | std::ios::trunc);
  file << ca_pem << std::flush;
  if (!file) {
    const int error = errno;
    throw std::system_error(error, std::generic_category(), "cannot write the CA file " + ca_file_.string());
  }
}

TlsAuthority::OwnDirectory::~OwnDirectory() {
  std::error_code ignored;  // nothing useful can be done about a temporary directory that stays
  if (!path.empty()) std::filesystem::remove_all(path, ignored);
}

boost::asio::ssl::context TlsAuthority::server_context() const {
  namespace ssl = boost::asio::ssl;
  ssl::context out(ssl::context::tls_server);
  out.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                  ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  out.use_certificate_chain(boost::asio::buffer(chain_pem_));
  out.use_private_key(boost::asio::buffer(key_pem_), ssl::context::pem);
  return out;
}

}  // namespace lockstep::sim
