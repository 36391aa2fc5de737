#include "replay/sim/detail/venue_requests.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::sim {
namespace {

using Json = nlohmann::ordered_json;

Json parsed(std::string_view message) {
  Json json = Json::parse(message, nullptr, false);
  return json.is_object() ? json : Json();
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> texts_of(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return out;
  for (const Json& text : *found) out.push_back(text.is_string() ? text.get<std::string>() : "");
  return out;
}

}  // namespace

bool is_web_path(Dialect dialect, std::string_view path) {
  switch (dialect) {
    case Dialect::bybit_spot:
      return path == "/v5/public/spot";
    case Dialect::bybit_linear:
      return path == "/v5/public/linear";
    case Dialect::okx:
      return path == "/ws/v5/business";
    case Dialect::coinbase_advanced:
      return path == "/";
    default:
      return path == "/v2";
  }
}

void VenueRequests::subscribe(int symbol, int interval) {
  const StreamKey key{symbol, interval};
  if (keys_.insert(key).second) publisher_.subscribe(key, subscriber_);
}

void VenueRequests::clear() {
  for (const StreamKey& key : keys_) publisher_.unsubscribe(key, subscriber_);
  keys_.clear();
}

VenueRequests::Texts VenueRequests::greeting() const {
  if (text_.dialect() != Dialect::kraken_v2) return {};
  return {
      R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",)"
      R"("connection_id":16174536464690282295}]})"};
}

VenueRequests::Texts VenueRequests::answer(std::string_view message) {
  switch (text_.dialect()) {
    case Dialect::okx:
      return answer_okx(message);
    case Dialect::coinbase_advanced:
      return answer_coinbase(message);
    case Dialect::kraken_v2:
      return answer_kraken(message);
    default:
      return answer_bybit(message);
  }
}

VenueRequests::Texts VenueRequests::heartbeat(std::int64_t venue_now_ms) {
  if (text_.dialect() == Dialect::kraken_v2 && !keys_.empty()) return {R"({"channel":"heartbeat"})"};
  if (text_.dialect() != Dialect::coinbase_advanced || !wants_heartbeats_) return {};
  return {R"({"channel":"heartbeats","timestamp":")" + iso_text(venue_now_ms) + R"(","sequence_num":)" +
          std::string(kSequencePlace) + R"(,"events":[{"current_time":"now","heartbeat_counter":)" +
          std::to_string(++heartbeats_) + "}]}"};
}

// One bad topic rejects the whole request; spot takes ten at a time.
VenueRequests::Texts VenueRequests::answer_bybit(std::string_view message) {
  const Json request = parsed(message);
  const std::string op = text_of(request, "op");
  const auto reply = [&](bool is_success, const std::string& text) {
    return Texts{Json{
        {"success", is_success},
        {"ret_msg", text},
        {"conn_id", "sim"},
        {"req_id", text_of(request, "req_id")},
        {"op", op}}.dump()};
  };
  if (op == "ping") return reply(true, "pong");
  const std::vector<std::string> topics = texts_of(request, "args");
  if (op != "subscribe" || topics.empty()) return reply(false, "Invalid request");
  const bool is_spot = text_.dialect() == Dialect::bybit_spot;
  if (is_spot && topics.size() > 10) return reply(false, "args size >10");
  std::vector<StreamKey> keys;
  for (const std::string& topic : topics) {
    if (topic.starts_with("publicTrade.")) {
      const auto traded = text_.find_symbol(model_, topic.substr(12));
      if (!traded || is_refused(model_, *traded)) return reply(false, "Invalid symbol :[" + topic + "]");
      keys.push_back({*traded, kTradesInterval});
      continue;
    }
    const std::size_t first = topic.find('.'), second = topic.find('.', first + 1);
    if (!topic.starts_with("kline.") || second == std::string::npos)
      return reply(false, "error:handler not found,topic:" + topic);
    const int interval = find_interval(text_.dialect(), topic.substr(first + 1, second - first - 1));
    const auto symbol = text_.find_symbol(model_, topic.substr(second + 1));
    if (interval < 0 || !symbol || is_refused(model_, *symbol))
      return reply(false, "Invalid symbol :[" + topic + "]");
    keys.push_back({*symbol, interval});
  }
  for (const StreamKey& key : keys) subscribe(key.symbol, key.interval);
  return reply(true, is_spot ? "subscribe" : "");
}

// One answer an argument; a bad one does not harm the others.
VenueRequests::Texts VenueRequests::answer_okx(std::string_view message) {
  if (message == "ping") return {"pong"};
  const Json request = parsed(message);
  const auto args = request.find("args");
  const std::string id = text_of(request, "id");
  const auto error = [&](const char* code, const std::string& text) {
    Json reply = {{"event", "error"}, {"msg", text}, {"code", code}, {"connId", "sim"}};
    if (!id.empty()) reply["id"] = id;
    return reply.dump();
  };
  if (text_of(request, "op") != "subscribe" || args == request.end() || !args->is_array())
    return {error("60012", "Illegal request: " + std::string(message))};
  Texts replies;
  for (const Json& arg : *args) {
    const std::string channel = text_of(arg, "channel"), name = text_of(arg, "instId");
    const auto symbol = text_.find_symbol(model_, name);
    const int interval = channel == "trades-all"         ? kTradesInterval
                         : channel.starts_with("candle") ? find_interval(text_.dialect(), channel.substr(6))
                                                         : -1;
    if (!symbol || interval < 0 || is_refused(model_, *symbol)) {
      replies.push_back(
          error("60018", "Wrong URL or channel:" + channel + ",instId:" + name +
                             " doesn't exist. Please use the correct URL, channel and parameters "
                             "referring to API document."));
      continue;
    }
    subscribe(*symbol, interval);
    Json reply;
    if (!id.empty()) reply["id"] = id;
    reply["event"] = "subscribe";
    reply["arg"] = arg;
    reply["connId"] = "sim";
    replies.push_back(reply.dump());
  }
  return replies;
}

// The echo lists everything subscribed so far.
VenueRequests::Texts VenueRequests::answer_coinbase(std::string_view message) {
  const Json request = parsed(message);
  const std::string channel = text_of(request, "channel");
  const auto error = [](const std::string& text) {
    return Texts{Json{{"type", "error"}, {"message", text}}.dump()};
  };
  if (text_of(request, "type") != "subscribe") return error("Type has to be either subscribe or unsubscribe");
  const bool is_candles = channel == "candles";
  if (channel == "heartbeats") {
    wants_heartbeats_ = true;
    return {coinbase_echo()};
  }
  if (!is_candles && channel != "market_trades") return error("Invalid channel: " + channel);
  std::vector<int> symbols;
  for (const std::string& name : texts_of(request, "product_ids")) {
    const auto symbol = text_.find_symbol(model_, name);
    if (!symbol || is_refused(model_, *symbol)) return error(name + " is not a valid product");
    symbols.push_back(*symbol);
  }
  for (const int symbol : symbols) subscribe(symbol, is_candles ? find_sim_interval("5m") : kTradesInterval);
  return {coinbase_echo()};
}

std::string VenueRequests::coinbase_echo() const {
  std::string candles, trades;
  for (const StreamKey& key : keys_) {
    std::string& list = key.interval == kTradesInterval ? trades : candles;
    list += (list.empty() ? "\"" : ",\"") + text_.symbol_name(model_.spec(key.symbol)) + '"';
  }
  std::string lists;
  if (!candles.empty()) lists += R"("candles":[)" + candles + "]";
  if (!trades.empty()) lists += (lists.empty() ? "" : ",") + (R"("market_trades":[)" + trades + "]");
  if (wants_heartbeats_) lists += std::string(lists.empty() ? "" : ",") + R"("heartbeats":["heartbeats"])";
  return R"({"channel":"subscriptions","timestamp":"2026-01-01T00:00:00Z","sequence_num":)" +
         std::string(kSequencePlace) + R"(,"events":[{"subscriptions":{)" + lists + "}}]}";
}

// One answer a symbol.
VenueRequests::Texts VenueRequests::answer_kraken(std::string_view message) {
  const Json request = parsed(message);
  const std::string method = text_of(request, "method");
  if (method == "ping") return {R"({"method":"pong"})"};
  const Json params = request.value("params", Json::object());
  const auto interval_at = params.find("interval");
  const bool is_trades = text_of(params, "channel") == "trade";
  const int interval = is_trades ? kTradesInterval
                       : interval_at != params.end() && interval_at->is_number_integer()
                           ? find_interval(text_.dialect(), interval_at->dump())
                           : -1;
  Texts replies;
  for (const std::string& name : texts_of(params, "symbol")) {
    const auto symbol = text_.find_symbol(model_, name);
    const bool is_known = symbol && !is_refused(model_, *symbol);
    Json reply = {{"method", "subscribe"}};
    if (request.contains("req_id")) reply["req_id"] = request["req_id"];
    if (method != "subscribe" || (text_of(params, "channel") != "ohlc" && !is_trades) || interval < 0 ||
        !is_known) {
      reply["error"] =
          is_known ? "Subscription ohlc interval not supported" : "Currency pair not supported " + name;
      reply["success"] = false;
      reply["symbol"] = name;
    } else {
      subscribe(*symbol, interval);
      reply["result"] =
          Json{{"channel", is_trades ? "trade" : "ohlc"}, {"snapshot", !is_trades}, {"symbol", name}};
      if (!is_trades) reply["result"]["interval"] = *interval_at;
      reply["success"] = true;
    }
    replies.push_back(reply.dump());
  }
  return replies;
}

}  // namespace lockstep::sim
