// Deadlines, pings and pongs of one websocket connection.
#include "feeds/net/ws_session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "feeds/net/escape.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds::net {
namespace {

using namespace std::chrono_literals;
using tcp = boost::asio::ip::tcp;
using test::run_until;

/// A server on a thread of its own that does what the test wants with the first connection.
class RawServer {
 public:
  explicit RawServer(std::function<void(tcp::socket&)> serve)
      : acceptor_(io_, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)),
        serve_(std::move(serve)) {
    thread_ = std::thread([this] {
      boost::system::error_code error;
      tcp::socket socket = acceptor_.accept(error);
      if (error) return;
      try {
        serve_(socket);
      } catch (const boost::system::system_error&) {
        // The client has hung up, which is how most of these tests end.
      }
    });
  }
  ~RawServer() { thread_.join(); }
  Url url() const {
    return parse_url("ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()),
                     UrlKind::websocket);
  }

 private:
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::function<void(tcp::socket&)> serve_;
  std::thread thread_;
};

void accept_upgrade(tcp::socket& socket) {
  std::string request;
  boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n");
  const std::size_t at = request.find("Sec-WebSocket-Key: ") + 19;
  const std::string key = request.substr(at, request.find("\r\n", at) - at);
  boost::asio::write(socket, boost::asio::buffer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                                                 websocket_accept(key) + "\r\n\r\n"));
}

void wait_for_hangup(tcp::socket& socket) {
  char byte = 0;
  boost::system::error_code error;
  while (!error) socket.read_some(boost::asio::buffer(&byte, 1), error);
}

struct Client {
  explicit Client(const RawServer& server, std::function<void(WsSettings&)> change = nullptr) {
    WsSettings settings;
    settings.url = server.url();
    if (change) change(settings);
    WsSession::Handlers handlers;
    handlers.opened = [this] { is_open = true; };
    handlers.text = [this](std::string_view text, std::int64_t) { texts.emplace_back(text); };
    handlers.closed = [this](const std::string& why) { closed = why; };
    session = std::make_shared<WsSession>(io, settings, handlers);
    session->start();
  }
  ~Client() {
    session->close();
    io.restart();
    io.run_for(20ms);
  }
  boost::asio::io_context io;
  std::shared_ptr<WsSession> session;
  bool is_open = false;
  std::vector<std::string> texts;
  std::string closed;
};

}  // namespace

TEST_CASE("N6: an upgrade that is never answered has a deadline", "[feeds][ws_session][fault][N6]") {
  RawServer server(wait_for_hangup);
  Client client(server, [](WsSettings& settings) { settings.upgrade = 50ms; });
  REQUIRE(run_until(client.io, [&] { return !client.closed.empty(); }));
  CHECK_THAT(client.closed, Catch::Contains("took longer than 50 ms"));
}

TEST_CASE("N18: answers that are no upgrade are refused and shown", "[feeds][ws_session][fault][N18]") {
  const std::string answer = GENERATE("SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                                      "HTTP/1.1 302 Found\r\nLocation: http://portal\r\n\r\n");
  RawServer server([&](tcp::socket& socket) {
    boost::asio::write(socket, boost::asio::buffer(answer));
    wait_for_hangup(socket);
  });
  Client client(server);
  REQUIRE(run_until(client.io, [&] { return !client.closed.empty(); }));
  CAPTURE(client.closed);
  CHECK_FALSE(client.is_open);
  CHECK_THAT(client.closed, Catch::Contains(escape(answer.substr(0, 12))));
}

TEST_CASE("frames that come with the upgrade's answer are not lost, in any cut", "[feeds][ws_session]") {
  RawServer server([](tcp::socket& socket) {
    accept_upgrade(socket);
    const std::string bytes = std::string("\x81\x05") + "first" + "\x81\x06" + "second";
    for (const char c : bytes) boost::asio::write(socket, boost::asio::buffer(&c, 1));
    boost::asio::write(socket, boost::asio::buffer("\x81\x7e\x27\x10" + std::string(10'000, 'x')));
    wait_for_hangup(socket);
  });
  Client client(server);
  REQUIRE(run_until(client.io, [&] { return client.texts.size() == 3; }));
  CHECK(client.texts[0] == "first");
  CHECK(client.texts[1] == "second");
  CHECK(client.texts[2].size() == 10'000);
}

TEST_CASE("a message larger than the read buffer gets through, one above the cap does not",
          "[feeds][ws_session]") {
  const std::size_t length = GENERATE(std::size_t{1} << 20, (std::size_t{1} << 20) + 1);
  RawServer server([&](tcp::socket& socket) {
    accept_upgrade(socket);
    std::string head = "\x81\x7f";
    for (int shift = 56; shift >= 0; shift -= 8)
      head += static_cast<char>(static_cast<std::uint64_t>(length) >> shift & 0xff);
    boost::asio::write(socket, boost::asio::buffer(head + std::string(length, 'y')));
    wait_for_hangup(socket);
  });
  Client client(server);
  REQUIRE(run_until(client.io, [&] { return !client.texts.empty() || !client.closed.empty(); }));
  if (length <= std::size_t{1} << 20) {
    CHECK(client.texts.at(0).size() == length);
  } else {
    CHECK_THAT(client.closed, Catch::Contains("1009"));
  }
}

TEST_CASE("N9: a ping is answered with its payload", "[feeds][ws_session][fault][N9]") {
  std::string pong;
  {
    RawServer server([&](tcp::socket& socket) {
      accept_upgrade(socket);
      boost::asio::write(socket, boost::asio::buffer("\x89\x05hello", 7));
      std::string bytes(11, '\0');
      boost::asio::read(socket, boost::asio::buffer(bytes));
      for (std::size_t i = 0; i < 5; ++i) pong += static_cast<char>(bytes[6 + i] ^ bytes[2 + i % 4]);
      CHECK(bytes.substr(0, 2) == "\x8a\x85");
    });
    Client client(server);
    REQUIRE(run_until(client.io, [&] { return !client.closed.empty(); }));
  }
  CHECK(pong == "hello");
}

TEST_CASE("N2: a peer that is gone without a word is pinged, then given up",
          "[feeds][ws_session][fault][N2]") {
  std::string ping(6, '\0');
  {
    RawServer server([&](tcp::socket& socket) {
      accept_upgrade(socket);
      boost::asio::read(socket, boost::asio::buffer(ping));
      wait_for_hangup(socket);
    });
    Client client(server, [](WsSettings& settings) {
      settings.ping_after = 40ms;
      settings.dead_after = 200ms;
    });
    REQUIRE(run_until(client.io, [&] { return !client.closed.empty(); }));
    CHECK_THAT(client.closed, Catch::Contains("pings unanswered"));
  }
  CHECK(ping.substr(0, 2) == "\x89\x80");
}

TEST_CASE("N11: a connection that ends inside a frame is an end, not a message",
          "[feeds][ws_session][fault][N11]") {
  RawServer server([](tcp::socket& socket) {
    accept_upgrade(socket);
    boost::asio::write(socket, boost::asio::buffer("\x81\x05hel", 5));
  });
  Client client(server);
  REQUIRE(run_until(client.io, [&] { return !client.closed.empty(); }));
  CHECK(client.texts.empty());
}

TEST_CASE("N9: requests are spread over the message budget", "[feeds][ws_session][fault][N9]") {
  std::atomic<int> frames{0};
  std::atomic<std::int64_t> fifth_ms{0};
  RawServer server([&](tcp::socket& socket) {
    accept_upgrade(socket);
    const auto start = std::chrono::steady_clock::now();
    std::string bytes(7, '\0');  // masked frames of one byte
    while (frames < 6) {
      boost::asio::read(socket, boost::asio::buffer(bytes));
      if (++frames == 5) {
        fifth_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start)
                .count();
      }
    }
  });
  Client client(server);
  for (int i = 0; i < 6; ++i) client.session->send("x");
  REQUIRE(run_until(client.io, [&] { return frames == 6; }));
  CHECK(fifth_ms >= 1000);
}

}  // namespace lockstep::feeds::net
