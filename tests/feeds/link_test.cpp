// The reconnect loop by itself.
#include "feeds/link.hpp"

#include "feeds/net/clock.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {

using namespace std::chrono_literals;

TEST_CASE("N5: a venue that accepts, sends a little and drops is come back to ever more slowly",
          "[feeds][link][fault][N5]") {
  constexpr int kRounds = 7;
  MockVenue venue;
  boost::asio::io_context io;
  feeds::LinkSettings settings;
  settings.ws.url = feeds::net::parse_url(venue.ws_url(), feeds::net::UrlKind::websocket);
  settings.ws.target = "/ws";
  settings.backoff_base = 10ms;
  settings.backoff_max = 10s;
  settings.good_data = 10s;
  settings.silence = 40ms;  // looks at its data every 10 ms
  std::chrono::milliseconds waits{0};
  while (waits < 700ms) {  // with luck, jitter makes the waits of a seed short
    feeds::net::Backoff same(settings.backoff_base, settings.backoff_max, ++settings.seed);
    waits = 0ms;
    for (int i = 0; i < kRounds; ++i) waits += same.next();
  }

  int opened = 0, lost = 0;
  std::shared_ptr<feeds::Link> link;
  feeds::Link::Handlers handlers;
  handlers.opened = [&] {
    if (++opened == kRounds + 1) return;
    link->note_data(feeds::net::monotonic_ns());
  };
  handlers.text = [](std::string_view, std::int64_t) {};
  handlers.aged = [] {};
  handlers.lost = [&](core::Reason reason, const std::string&, bool was_open) {
    CHECK(reason == core::Reason::silent);
    CHECK(was_open);
    ++lost;
  };
  link = std::make_shared<feeds::Link>(io, settings, handlers);
  const auto begin = std::chrono::steady_clock::now();
  link->start();
  REQUIRE(run_until(io, [&] { return opened == kRounds + 1; }));
  // All of its own waits, and each time the silence that ended it.
  CHECK(std::chrono::steady_clock::now() - begin >= waits + kRounds * settings.silence);
  CHECK(lost == kRounds);
  CHECK(venue.upgrades() == kRounds + 1);
  link->stop();
}

}  // namespace lockstep::test
