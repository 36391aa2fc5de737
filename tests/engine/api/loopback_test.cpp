// ::1 beside 127.0.0.1.
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

using boost::asio::ip::tcp;

bool has_ipv6() {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io);
  boost::system::error_code error;
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.bind({boost::asio::ip::address_v6::loopback(), 0}, error);
  return !error;
}

/// The first line that /healthz is answered with at this address; empty: nobody is there.
std::string ask(const std::string& address, int port) {
  boost::asio::io_context io;
  tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::make_address(address), static_cast<std::uint16_t>(port)}, error);
  if (error) return "";
  boost::asio::write(
      socket, boost::asio::buffer(std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")), error);
  boost::asio::streambuf answer;
  boost::asio::read_until(socket, answer, "\r\n", error);
  const char* const text = static_cast<const char*>(answer.data().data());
  return std::string(text, std::find(text, text + answer.size(), '\r'));
}

}  // namespace

TEST_CASE("A6: localhost is both 127.0.0.1 and ::1, where there is IPv6", "[engine][api][fault][A6]") {
  TestServer server;
  CHECK(ask("127.0.0.1", server.port()) == "HTTP/1.1 200 OK");
  if (!has_ipv6()) {
    WARN("there is no IPv6 here: ::1 was not tried");
    return;
  }
  CHECK(ask("::1", server.port()) == "HTTP/1.1 200 OK");
  CHECK(server.stop());
  CHECK(ask("::1", server.port()) == "");
}

TEST_CASE("A6: another loopback address is bound alone", "[engine][api][fault][A6]") {
  ApiConfig config = TestServer::any_port();
  config.bind = "127.0.0.2";
  TestServer server(small_catalog(), quiet_limits(), config);
  CHECK(ask("127.0.0.2", server.port()) == "HTTP/1.1 200 OK");
  CHECK(ask("::1", server.port()) == "");
}

TEST_CASE("A6: a port that somebody else has at ::1 is refused, since localhost would lead there",
          "[engine][api][fault][A6]") {
  if (!has_ipv6()) return;
  boost::asio::io_context io;
  tcp::acceptor other(io, {boost::asio::ip::address_v6::loopback(), 0});
  ApiConfig config = TestServer::any_port();
  config.port = other.local_endpoint().port();
  CHECK_THROWS_WITH(TestServer(small_catalog(), quiet_limits(), config),
                    Catch::Contains("cannot listen on ::1"));
}

}  // namespace lockstep::engine::test
