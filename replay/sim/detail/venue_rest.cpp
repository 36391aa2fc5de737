// The part of RestApi that answers as venues other than Binance.
#include <algorithm>
#include <charconv>

#include "replay/sim/detail/rest_api.hpp"

namespace lockstep::sim {
namespace {

std::int64_t number_or(const UrlQuery& query, const char* name, std::int64_t otherwise) {
  const auto found = query.find(name);
  if (found == query.end()) return otherwise;
  std::int64_t value = otherwise;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

std::string text_or(const UrlQuery& query, const char* name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

RestReply not_found() {
  RestReply out;
  out.status = 404;
  out.content_type = "text/html";
  out.body = "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>";
  return out;
}

RestReply json(std::string body) {
  RestReply out;
  out.body = std::move(body);
  return out;
}

std::string tick_text(const SymbolSpec& spec) {
  std::string out;
  append_decimal(out, spec.tick_units, spec.price_decimals, 0);
  return out;
}

}  // namespace

std::string RestApi::rows(int symbol, int interval, std::optional<std::int64_t> from_ms,
                          std::optional<std::int64_t> to_ms, std::size_t limit, bool is_newest_first) const {
  const SimInterval& length = kSimIntervals[static_cast<std::size_t>(interval)];
  auto bars = history_.range(symbol, length, from_ms, to_ms, limit, clock_.now_ms());
  spoil(bars);
  if (is_newest_first) std::reverse(bars.begin(), bars.end());
  std::string out;
  for (const SimBar& bar : bars) {
    if (bar.trades == 0 && !text_.has_quiet_bars()) continue;
    if (!out.empty()) out += ',';
    text_.append_row(out, history_.model().spec(symbol), length, bar);
  }
  return out;
}

std::string RestApi::symbol_list(
    const std::function<std::string(const SymbolSpec&, int symbol)>& entry) const {
  std::string out;
  for (int i = is_first_left_out() ? 1 : 0; i < history_.model().size(); ++i) {
    if (!is_listed(i)) continue;
    if (!out.empty()) out += ',';
    out += entry(history_.model().spec(i), i);
  }
  return out;
}

bool RestApi::is_first_left_out() const {
  const auto fault = faults_ == nullptr ? std::nullopt : faults_->next(FaultPlace::list);
  if (fault) faults_->gave(*fault);
  return fault.has_value();
}

void RestApi::spoil(std::vector<SimBar>& page) const {
  const auto fault = faults_ == nullptr || page.size() < 3 ? std::nullopt : faults_->next(FaultPlace::page);
  if (!fault) return;
  if (*fault == VenueFault::short_page) page.resize(page.size() / 2);
  if (*fault == VenueFault::lagging_page) page.resize(page.size() - 2);  // the open one is one of them
  if (*fault == VenueFault::shuffled_page) {
    page.push_back(page.front());
    std::rotate(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(page.size() / 3), page.end());
    page.push_back(page.front());
  }
  faults_->gave(*fault);
}

RestReply RestApi::route_bybit(std::string_view path, const Query& query) const {
  const auto envelope = [&](const std::string& result) {
    return json(R"({"retCode":0,"retMsg":"OK","result":{)" + result + R"(},"retExtInfo":{},"time":)" +
                std::to_string(clock_.now_ms()) + "}");
  };
  if (path == "/v5/market/time") return envelope(R"("timeSecond":"0","timeNano":"0")");
  if (path == "/v5/market/instruments-info") {
    return envelope(R"("list":[)" + symbol_list([](const SymbolSpec& spec, int) {
                      return R"({"symbol":")" + spec.name +
                             R"(","status":"Trading","priceFilter":{"tickSize":")" + tick_text(spec) +
                             R"("}})";
                    }) +
                    R"(],"nextPageCursor":"")");
  }
  if (path == "/v5/market/tickers") {
    return envelope(R"("list":[)" + symbol_list([](const SymbolSpec& spec, int symbol) {
                      return R"({"symbol":")" + spec.name + R"(","turnover24h":")" +
                             std::to_string(quote_volume(symbol)) + R"(.5"})";
                    }) +
                    "]");
  }
  if (path != "/v5/market/kline") return not_found();
  const auto symbol = text_.find_symbol(history_.model(), text_or(query, "symbol"));
  const int interval = find_interval(text_.dialect(), text_or(query, "interval"));
  if (!symbol || !is_listed(*symbol) || interval < 0)
    return json(R"({"retCode":10001,"retMsg":"Not supported symbols","result":{},"time":1})");
  const std::int64_t limit = std::clamp<std::int64_t>(number_or(query, "limit", 200), 1, 1000);
  std::optional<std::int64_t> end_ms;
  if (query.count("end") != 0) end_ms = number_or(query, "end", 0);
  std::int64_t start_ms = number_or(query, "start", 0);
  if (end_ms) {
    // The newest rows of the range.
    const SimInterval& length = kSimIntervals[static_cast<std::size_t>(interval)];
    if (length.ms > 0) start_ms = std::max(start_ms, *end_ms - (limit - 1) * length.ms);
  }
  return envelope(R"("category":"linear","symbol":")" + text_or(query, "symbol") + R"(","list":[)" +
                  rows(*symbol, interval, start_ms, end_ms, static_cast<std::size_t>(limit), true) + "]");
}

RestReply RestApi::route_okx(std::string_view path, const Query& query) const {
  const auto envelope = [](const std::string& data) {
    return json(R"({"code":"0","msg":"","data":[)" + data + "]}");
  };
  if (path == "/api/v5/public/time") return envelope(R"({"ts":")" + std::to_string(clock_.now_ms()) + "\"}");
  if (path == "/api/v5/public/instruments") {
    if (text_or(query, "instType") != "SPOT") return envelope("");
    return envelope(symbol_list([this](const SymbolSpec& spec, int) {
      return R"({"instId":")" + text_.symbol_name(spec) + R"(","instType":"SPOT","state":"live","tickSz":")" +
             tick_text(spec) + "\"}";
    }));
  }
  if (path == "/api/v5/market/tickers") {
    if (text_or(query, "instType") != "SPOT") return envelope("");
    return envelope(symbol_list([this](const SymbolSpec& spec, int symbol) {
      return R"({"instId":")" + text_.symbol_name(spec) + R"(","last":"1","volCcy24h":")" +
             std::to_string(quote_volume(symbol)) + R"(.5"})";
    }));
  }
  const bool is_recent = path == "/api/v5/market/candles";
  if (!is_recent && path != "/api/v5/market/history-candles") return not_found();
  const auto symbol = text_.find_symbol(history_.model(), text_or(query, "instId"));
  const int interval = find_interval(text_.dialect(), text_or(query, "bar"));
  if (!symbol || !is_listed(*symbol) || interval < 0)
    return json(R"({"code":"51001","msg":"Instrument ID doesn't exist","data":[]})");
  const std::int64_t limit =
      std::clamp<std::int64_t>(number_or(query, "limit", 100), 1, is_recent ? 300 : 100);
  std::optional<std::int64_t> from_ms, to_ms;
  if (query.count("before") != 0) from_ms = number_or(query, "before", 0) + 1;
  if (query.count("after") != 0) to_ms = number_or(query, "after", 0) - 1;
  return envelope(rows(*symbol, interval, from_ms, to_ms, static_cast<std::size_t>(limit), true));
}

RestReply RestApi::route_coinbase(std::string_view path, const Query& query) const {
  constexpr std::string_view kProducts = "/api/v3/brokerage/market/products";
  if (path == "/api/v3/brokerage/time") {
    return json(R"({"iso":")" + iso_text(clock_.now_ms()) + R"(","epochMillis":")" +
                std::to_string(clock_.now_ms()) + "\"}");
  }
  if (path == kProducts) {
    return json(
        R"({"products":[)" + symbol_list([this](const SymbolSpec& spec, int symbol) {
          return R"({"product_id":")" + text_.symbol_name(spec) + R"(","quote_increment":")" +
                 tick_text(spec) + R"(","approximate_quote_24h_volume":")" +
                 std::to_string(quote_volume(symbol)) +
                 R"(","is_disabled":false,"status":"online","trading_disabled":false,"price_increment":")" +
                 tick_text(spec) + "\"}";
        }) +
        "]}");
  }
  if (!path.starts_with(kProducts) || !path.ends_with("/candles")) return not_found();
  const std::string_view name = path.substr(kProducts.size() + 1, path.size() - kProducts.size() - 9);
  const auto symbol = text_.find_symbol(history_.model(), name);
  const int interval = find_interval(text_.dialect(), text_or(query, "granularity"));
  const std::int64_t from_s = number_or(query, "start", -1), to_s = number_or(query, "end", -1);
  if (!symbol || !is_listed(*symbol) || interval < 0 || from_s < 0 || to_s < from_s) {
    RestReply out = json(R"({"error":"INVALID_ARGUMENT","message":"invalid argument"})");
    out.status = 400;
    return out;
  }
  return json(R"({"candles":[)" + rows(*symbol, interval, from_s * 1000, to_s * 1000, 350, true) + "]}");
}

RestReply RestApi::route_kraken(std::string_view path, const Query& query) const {
  const auto envelope = [](const std::string& result) {
    return json(R"({"error":[],"result":{)" + result + "}}");
  };
  if (path == "/0/public/Time") return envelope(R"("unixtime":)" + std::to_string(clock_.now_ms() / 1000));
  if (path == "/0/public/AssetPairs") {
    return envelope(symbol_list([this](const SymbolSpec& spec, int) {
      return "\"X" + spec.name + R"(":{"altname":")" + spec.name + R"(","wsname":")" +
             text_.symbol_name(spec) + R"(","pair_decimals":)" + std::to_string(spec.price_decimals) +
             R"(,"tick_size":")" + tick_text(spec) + R"(","status":"online"})";
    }));
  }
  if (path == "/0/public/Ticker") {
    return envelope(symbol_list([](const SymbolSpec& spec, int symbol) {
      const std::string volume = std::to_string(quote_volume(symbol));
      return "\"X" + spec.name + R"(":{"v":["1.0",")" + volume + R"("],"p":["1.0","1.0"]})";
    }));
  }
  if (path != "/0/public/OHLC") return not_found();
  const auto symbol = history_.model().find(text_or(query, "pair"));
  const int interval = find_interval(text_.dialect(), text_or(query, "interval"));
  if (!symbol || !is_listed(*symbol) || interval < 0)
    return json(R"({"error":["EQuery:Unknown asset pair"]})");
  const std::int64_t now_ms = clock_.now_ms();
  // The newest 720 closed rows and the open one; `since` cannot reach further back.
  const SimInterval& length = kSimIntervals[static_cast<std::size_t>(interval)];
  const std::int64_t since_ms = (number_or(query, "since", 0) + 1) * 1000;
  const std::int64_t first_ms = std::max(since_ms, length.open_of(now_ms) - 720 * length.ms);
  return envelope("\"X" + history_.model().spec(*symbol).name + R"(":[)" +
                  rows(*symbol, interval, first_ms, std::nullopt, 721, false) + R"(],"last":)" +
                  std::to_string((length.open_of(now_ms) - length.ms) / 1000));
}

}  // namespace lockstep::sim
