#include "replay/sim/detail/rest_api.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace lockstep::sim {
namespace {

constexpr std::int64_t kLimitDefault = 500;

// A wrong number is an answer of its own, so it is thrown up to get().
struct BadRequest {
  RestReply reply;
};

std::optional<std::int64_t> number(const UrlQuery& query, const std::string& name) {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0) {
    throw BadRequest{RestApi::error(
        -1100, "Illegal characters found in parameter '" + name + "'; legal range is '^[0-9]{1,20}$'.")};
  }
  return value;
}

const std::string& mandatory(const UrlQuery& query, const std::string& name) {
  const auto found = query.find(name);
  if (found == query.end() || found->second.empty()) {
    throw BadRequest{RestApi::error(
        -1102, "Mandatory parameter '" + name + "' was not sent, was empty/null, or malformed.")};
  }
  return found->second;
}

}  // namespace

RestReply RestApi::error(int code, std::string_view message, int status) {
  RestReply out;
  out.status = status;
  out.body = nlohmann::ordered_json{{"code", code}, {"msg", message}}.dump();
  return out;
}

RestReply RestApi::get(std::string_view target) {
  using namespace std::chrono;
  const auto [path, query] = parsed_target(target);

  const std::int64_t real_s = duration_cast<seconds>(steady_clock::now().time_since_epoch()).count();
  if (real_s / 60 != weight_minute_) used_weight_ = 0;
  weight_minute_ = real_s / 60;
  used_weight_ += weight_of(path, query);

  RestReply out;
  if (used_weight_ > weight_max_) {
    out = error(-1003,
                "Too many requests; current limit is " + std::to_string(weight_max_) +
                    " request weight per 1 MINUTE. Please use the websocket for live updates to avoid "
                    "polling the API.",
                429);
    out.retry_after_s = static_cast<int>(60 - real_s % 60);
  } else {
    try {
      out = route(path, query);
    } catch (const BadRequest& bad) {
      out = bad.reply;
    }
  }
  out.used_weight = used_weight_;
  return out;
}

RestReply RestApi::route(std::string_view path, const Query& query) const {
  switch (text_.dialect()) {
    case Dialect::bybit_spot:
    case Dialect::bybit_linear:
      return route_bybit(path, query);
    case Dialect::okx:
      return route_okx(path, query);
    case Dialect::coinbase_advanced:
      return route_coinbase(path, query);
    case Dialect::kraken_v2:
      return route_kraken(path, query);
    default:
      break;
  }
  const std::string_view prefix = is_spot() ? "/api/v3/" : "/fapi/v1/";
  const std::string_view name = path.starts_with(prefix) ? path.substr(prefix.size()) : std::string_view{};
  if (name == "klines") return klines(query);
  if (name == "exchangeInfo") return exchange_info(query);
  if (name == "ticker/24hr") return tickers();
  RestReply out;
  if (name == "ping") {
    out.body = "{}";
  } else if (name == "time") {
    out.body = R"({"serverTime":)" + std::to_string(clock_.now_ms()) + "}";
  } else {
    out.status = 404;
    out.content_type = "text/html";
    out.body = "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>";
  }
  return out;
}

RestReply RestApi::klines(const Query& query) const {
  const std::string& symbol_name = mandatory(query, "symbol");
  const std::string& interval_name = mandatory(query, "interval");
  const auto from = number(query, "startTime");
  const auto to = number(query, "endTime");
  std::int64_t limit = number(query, "limit").value_or(kLimitDefault);
  const auto symbol = history_.model().find(symbol_name);
  if (!symbol || !is_listed(*symbol)) return error(-1121, "Invalid symbol.");
  const int interval_index = find_sim_interval(interval_name);
  if (interval_index < 0) return error(-1120, "Invalid interval.");
  // Above the maximum spot gives the maximum; USD-M refuses.
  if (limit == 0 || (!is_spot() && limit > 1500)) {
    return error(-1130, "Data sent for parameter 'limit' is not valid.");
  }
  limit = std::min<std::int64_t>(limit, is_spot() ? 1000 : 1500);

  const SimInterval& interval = kSimIntervals[static_cast<std::size_t>(interval_index)];
  const SymbolSpec& spec = history_.model().spec(*symbol);
  RestReply out;
  out.body = "[";
  auto page = history_.range(*symbol, interval, from, to, static_cast<std::size_t>(limit), clock_.now_ms());
  spoil(page);
  for (const SimBar& bar : page) {
    if (out.body.size() > 1) out.body += ',';
    text_.append_row(out.body, spec, interval, bar);
  }
  out.body += ']';
  return out;
}

// Spot takes ?symbol=A or ?symbols=["A","B"]; USD-M gives everything whatever is asked.
RestReply RestApi::exchange_info(const Query& query) const {
  std::vector<std::string> names;
  if (is_spot()) {
    if (const auto one = query.find("symbol"); one != query.end()) names.push_back(one->second);
    if (const auto many = query.find("symbols"); many != query.end()) {
      const auto list = nlohmann::json::parse(many->second, nullptr, false);
      if (!list.is_array()) return error(-1100, "Illegal characters found in parameter 'symbols'.");
      for (const auto& name : list) names.push_back(name.is_string() ? name.get<std::string>() : "");
    }
  }
  std::vector<int> symbols;
  for (const std::string& name : names) {
    const auto symbol = history_.model().find(name);
    if (!symbol) return error(-1121, "Invalid symbol.");
    symbols.push_back(*symbol);
  }
  for (int i = names.empty() && is_first_left_out() ? 1 : 0; names.empty() && i < history_.model().size();
       ++i) {
    if (is_listed(i)) symbols.push_back(i);
  }
  RestReply out;
  out.body = text_.exchange_info(history_.model(), symbols, clock_.now_ms());
  return out;
}

RestReply RestApi::tickers() const {
  RestReply out;
  out.body = "[";
  out.body += symbol_list([](const SymbolSpec& spec, int symbol) {
    return R"({"symbol":")" + spec.name + R"(","quoteVolume":")" + std::to_string(quote_volume(symbol)) +
           R"(.50000000"})";
  });
  out.body += ']';
  return out;
}

int RestApi::weight_of(std::string_view path, const Query& query) const {
  if (!text_.is_binance()) return 1;
  if (path.ends_with("/exchangeInfo")) return is_spot() ? 20 : 1;
  if (path.ends_with("/ticker/24hr")) return is_spot() ? 80 : 40;
  if (!path.ends_with("/klines")) return 1;
  if (is_spot()) return 2;
  std::int64_t limit = kLimitDefault;
  if (const auto found = query.find("limit"); found != query.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), limit);
  }
  if (limit < 100) return 1;
  if (limit < 500) return 2;
  return limit <= 1000 ? 5 : 10;
}

}  // namespace lockstep::sim
