#include "tests/feeds/feed_harness.hpp"

#include <fmt/format.h>

namespace lockstep::test {

std::string exchange_info() {
  const auto symbol = [](const char* name, const char* status, const char* tick) {
    return fmt::format(
        R"({{"symbol":"{}","status":"{}","filters":[{{"filterType":"LOT_SIZE","stepSize":"0.001"}},)"
        R"({{"filterType":"PRICE_FILTER","minPrice":"0.01","tickSize":"{}"}}]}})",
        name, status, tick);
  };
  return fmt::format(R"({{"timezone":"UTC","serverTime":{},"symbols":[{},{},{}]}})", kStartMs,
                     symbol("BTCUSDT", "TRADING", "0.01000000"), symbol("ETHUSDT", "TRADING", "0.10"),
                     symbol("OLDUSDT", "BREAK", "0.01"));
}

std::string kline_frame(const std::string& symbol, std::int64_t ts_open_ms, const std::string& close,
                        bool is_closed, const std::string& interval) {
  const std::int64_t end_ms = interval_of(interval).next_open_ms(ts_open_ms);
  std::string lower = symbol;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  return fmt::format(
      R"({{"stream":"{0}@kline_{1}","data":{{"e":"kline","E":{2},"s":"{3}","k":{{"t":{4},"T":{5},"s":"{3}","i":"{1}",)"
      R"("f":1,"L":2,"o":"{6}","c":"{6}","h":"{6}","l":"{6}","v":"1.5","n":2,"x":{7},"q":"1","V":"1","Q":"1","B":"0"}}}}}})",
      lower, interval, is_closed ? end_ms + 4 : ts_open_ms + 1000, symbol, ts_open_ms, end_ms - 1, close,
      is_closed);
}

std::string kline_row(std::int64_t ts_open_ms, const std::string& close, std::int64_t interval_ms) {
  return fmt::format(R"([{0},"{1}","{1}","{1}","{1}","2.5",{2},"1",3,"1","1","0"])", ts_open_ms, close,
                     ts_open_ms + interval_ms - 1);
}

std::int64_t query_number(const std::string& target, const std::string& name) {
  const std::size_t at = target.find(name + '=');
  return at == std::string::npos ? -1 : std::stoll(target.substr(at + name.size() + 1));
}

std::string id_of(const std::string& request) {
  const std::size_t at = request.find("\"id\":");
  return request.substr(at + 5, request.find('}', at) - at - 5);
}

FeedHarness::FeedHarness(MockVenue& venue, std::vector<std::string> symbols,
                         std::vector<std::string> intervals) {
  config.venue = "binance_spot";
  config.symbols = symbols;
  config.intervals = intervals;
  config.ws_url = venue.ws_url();
  config.rest_url = venue.rest_url();
  config.backoff_ms_max = 20;
  for (const std::string& symbol : symbols) {
    for (const std::string& interval : intervals) {
      series.push_back(*catalog.add(config.venue, symbol, interval_of(interval)));
    }
  }
  serve(venue);
  venue.on_text([](const std::string& text) {
    return std::vector<std::string>{fmt::format(R"({{"result":null,"id":{}}})", id_of(text))};
  });
}

FeedHarness::~FeedHarness() {
  if (feed) feed->stop();
  io.restart();
  io.run_for(std::chrono::milliseconds(1));
}

void FeedHarness::serve(MockVenue& venue, MockVenue::OnHttp klines) {
  venue.on_http([this, klines](const std::string& target) {
    if (target.starts_with("/api/v3/exchangeInfo")) return HttpReply{200, exchange_info()};
    if (target == "/api/v3/time") return HttpReply{200, fmt::format(R"({{"serverTime":{}}})", now_ms.load())};
    return klines ? klines(target) : HttpReply{200, "[]"};
  });
}

void FeedHarness::start() {
  feed = feeds::make_feed(io, config, catalog, series, sink);
  feed->start();
}

}  // namespace lockstep::test
