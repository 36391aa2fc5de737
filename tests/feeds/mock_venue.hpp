// A venue inside the test process: a small Binance on a loopback port, plain or TLS, whose every answer the
// test sets.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lockstep::test {

/// A REST answer. Cut: the connection closes after the header and half the body.
struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool is_cut = false;
};

/// Certificates made on the spot: an authority and a server certificate for `host` (DNS name or IPv4
/// address).
struct TestCertificates {
  std::string authority_pem, certificate_pem, key_pem;
};
TestCertificates make_certificates(const std::string& host);

/// Writes `text` to a new file in the temporary folder and removes it at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class MockVenue {
 public:
  using OnHttp = std::function<HttpReply(const std::string& target)>;
  /// What to send back to a text of the client; every element is one frame.
  using OnText = std::function<std::vector<std::string>(const std::string& text)>;

  /// certificates null: plain.
  explicit MockVenue(const TestCertificates* certificates = nullptr);
  ~MockVenue();
  MockVenue(const MockVenue&) = delete;
  MockVenue& operator=(const MockVenue&) = delete;

  /// Called on the venue's thread.
  void on_http(OnHttp handler);
  void on_text(OnText handler);
  /// Answer of upgrade requests instead of a websocket; nothing: upgrade.
  void refuse_upgrades(std::optional<HttpReply> reply);

  int port() const { return port_; }
  std::string ws_url(const std::string& host = "127.0.0.1") const;
  std::string rest_url(const std::string& host = "127.0.0.1") const;

  /// To every websocket client.
  void send(const std::string& text);
  /// Raw bytes behind the websocket's back, to every client.
  void send_raw(const std::string& bytes);
  /// Cuts every websocket connection without a close frame.
  void cut();

  int upgrades() const { return upgrades_; }  ///< requests so far, refused ones included
  int connections() const;
  std::vector<std::string> targets() const;  ///< of the REST requests so far
  std::vector<std::string> texts() const;    ///< of the websocket clients so far

 private:
  struct Session;
  friend struct Session;
  void accept();

  boost::asio::io_context io_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  struct Acceptor;
  std::unique_ptr<Acceptor> acceptor_;
  int port_ = 0;
  std::atomic<int> upgrades_{0};
  mutable std::mutex mutex_;
  OnHttp on_http_;
  OnText on_text_;
  std::optional<HttpReply> refusal_;
  std::vector<std::string> targets_, texts_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

}  // namespace lockstep::test
