#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <filesystem>
#include <fstream>

#include "tests/replay/sim_client.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using namespace testing;
namespace ssl = boost::asio::ssl;

SimConfig tls_config() {
  SimConfig out = fixed_config();
  out.tls = true;
  return out;
}

// Shakes hands as a careful client does; throws when chain or name are not to be trusted.
class TlsClient {
 public:
  TlsClient(const ExchangeSim& venue, const std::filesystem::path& ca_file, const std::string& host)
      : connection_(venue), stream_(connection_.socket, context_) {
    context_.load_verify_file(ca_file.string());
    SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
    stream_.set_verify_mode(ssl::verify_peer);
    stream_.set_verify_callback(ssl::host_name_verification(host));
    connection_.finish([&](auto done) { stream_.async_handshake(ssl::stream_base::client, done); });
  }

  Json get(const std::string& target) {
    namespace http = boost::beast::http;
    http::request<http::empty_body> request(http::verb::get, target, 11);
    connection_.finish([&](auto done) { http::async_write(stream_, request, done); });
    http::response<http::string_body> response;
    boost::beast::flat_buffer buffer;
    connection_.finish([&](auto done) { http::async_read(stream_, buffer, response, done); });
    return Json::parse(response.body());
  }
  Json first_message(const std::string& target) {
    boost::beast::websocket::stream<ssl::stream<boost::asio::ip::tcp::socket&>&> web(stream_);
    connection_.finish([&](auto done) { web.async_handshake("127.0.0.1", target, done); });
    boost::beast::flat_buffer buffer;
    connection_.finish([&](auto done) { web.async_read(buffer, done); });
    return Json::parse(boost::beast::buffers_to_string(buffer.data()));
  }

 private:
  ssl::context context_{ssl::context::tls_client};
  TestSocket connection_;
  ssl::stream<boost::asio::ip::tcp::socket&> stream_;
};

TEST_CASE("TLS: chain and host name verify with the simulator's CA", "[replay][sim_tls]") {
  ExchangeSim venue(tls_config());
  venue.start();
  REQUIRE(venue.ws_url() == "wss://127.0.0.1:" + std::to_string(venue.port()));
  REQUIRE(venue.rest_url() == "https://127.0.0.1:" + std::to_string(venue.port()));
  for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
    TlsClient client(venue, venue.ca_file(), host);
    REQUIRE(client.get("/api/v3/klines?symbol=TRENDUSDT&interval=1m&limit=7").size() == 7);
    REQUIRE(client.first_message("/ws/trendusdt@kline_1m")["e"] == "kline");
  }
}

TEST_CASE("TLS: another name, another authority and plain text are refused", "[replay][sim_tls]") {
  ExchangeSim venue(tls_config()), other(tls_config());
  venue.start();
  REQUIRE_THROWS_AS(TlsClient(venue, venue.ca_file(), "example.com"), boost::system::system_error);
  REQUIRE_THROWS_AS(TlsClient(venue, venue.ca_file(), "127.0.0.2"), boost::system::system_error);
  REQUIRE_THROWS_AS(TlsClient(venue, other.ca_file(), "127.0.0.1"), boost::system::system_error);
  REQUIRE_THROWS_AS(HttpClient(venue).get("/api/v3/ping"), boost::system::system_error);
  REQUIRE_NOTHROW(TlsClient(venue, venue.ca_file(), "localhost"));
}

TEST_CASE("TLS: the CA file is private, lives as long as the simulator and holds no key",
          "[replay][sim_tls]") {
  std::filesystem::path file;
  {
    const ExchangeSim venue(tls_config());
    file = venue.ca_file();
    struct stat info {};
    REQUIRE(stat(file.parent_path().c_str(), &info) == 0);
    REQUIRE((info.st_mode & 0777) == 0700);
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    REQUIRE_THAT(text, Catch::StartsWith("-----BEGIN CERTIFICATE-----"));
    REQUIRE(text.find("PRIVATE") == std::string::npos);
  }
  REQUIRE_FALSE(std::filesystem::exists(file.parent_path()));
  REQUIRE(ExchangeSim(fixed_config()).ca_file().empty());
}

TEST_CASE("TLS: a CA path of one's own is written there and stays", "[replay][sim_tls]") {
  SimConfig config = tls_config();
  config.ca_path = std::filesystem::temp_directory_path() / ("sim_ca_" + std::to_string(::getpid()) + ".pem");
  {
    ExchangeSim venue(config);
    venue.start();
    REQUIRE(venue.ca_file() == config.ca_path);
    REQUIRE_NOTHROW(TlsClient(venue, config.ca_path, "localhost"));
  }
  REQUIRE(std::filesystem::remove(config.ca_path));
  config.ca_path = std::filesystem::temp_directory_path() / "no such directory" / "ca.pem";
  REQUIRE_THROWS_AS(ExchangeSim(config), std::system_error);
}

}  // namespace
}  // namespace lockstep::sim
