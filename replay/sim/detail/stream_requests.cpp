#include "replay/sim/detail/stream_requests.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace lockstep::sim {
namespace {

using Json = nlohmann::json;

constexpr const char* kMethods =
    "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, "
    "`GET_PROPERTY`";

// <symbol>@<stream> or !<stream>@arr; whether such a thing exists is not looked at.
bool is_well_formed(std::string_view name) {
  const std::size_t at = name.find('@');
  const bool is_plain = std::none_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c == '/'; });
  return is_plain && at != std::string_view::npos && at > 0 && at + 1 < name.size();
}

bool is_valid_id(const Json& id) {
  if (id.is_null()) return true;
  if (id.is_string()) return id.get_ref<const std::string&>().size() <= 36;
  if (id.is_number_unsigned()) return id.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  return id.is_number_integer();
}

std::string result(const Json& value, std::string_view id_text) {
  return R"({"result":)" + value.dump() + R"(,"id":)" + std::string(id_text) + "}";
}

std::optional<std::vector<std::string>> stream_names(const Json& request) {
  const auto params = request.find("params");
  if (params == request.end() || !params->is_array() || params->empty()) return std::nullopt;
  std::vector<std::string> out;
  for (const Json& name : *params) {
    if (!name.is_string() || !is_well_formed(name.get_ref<const std::string&>())) return std::nullopt;
    out.push_back(name.get<std::string>());
  }
  return out;
}

}  // namespace

bool StreamRequests::subscribe_all(const std::vector<std::string>& names) {
  if (names.size() > kStreamsMax || !std::all_of(names.begin(), names.end(), is_well_formed)) return false;
  for (const std::string& name : names) subscribe(name);
  return true;
}

std::string StreamRequests::reply(std::string_view message) {
  const Json request = Json::parse(message, nullptr, false);
  if (request.is_discarded()) return error(3, "Invalid JSON: expected value at line 1 column 1", "");
  if (!request.is_object()) return error(2, "Invalid request: expected a JSON object", "");
  const Json id = request.value("id", Json());
  if (!is_valid_id(id)) {
    return error(2,
                 "Invalid request: request ID must be a signed 64-bit integer, a string of up to 36 "
                 "characters or null",
                 "");
  }
  const std::string id_text = id.dump();
  const auto method_at = request.find("method");
  if (method_at == request.end()) return error(2, "Invalid request: missing field `method`", id_text);
  if (!method_at->is_string()) return error(2, "Invalid request: method must be a string", id_text);
  const std::string method = method_at->get<std::string>();

  if (method == "SUBSCRIBE" || method == "UNSUBSCRIBE") {
    const auto names = stream_names(request);
    if (!names) return error(2, "Invalid request: params must be a list of stream names", id_text);
    if (method == "SUBSCRIBE" && streams_.size() + names->size() > kStreamsMax) {
      return error(4, "Too many subscriptions", id_text);
    }
    for (const std::string& name : *names) {
      const auto key = stream_key(name);
      if (key && is_refused(model_, key->symbol))
        return error(2, "Invalid request: no stream " + name, id_text);
    }
    for (const std::string& name : *names) method == "SUBSCRIBE" ? subscribe(name) : unsubscribe(name);
    return result(nullptr, id_text);
  }
  if (method == "LIST_SUBSCRIPTIONS") {
    Json list = Json::array();
    for (const auto& [name, key] : streams_) list.push_back(name);
    return result(list, id_text);
  }
  if (method != "SET_PROPERTY" && method != "GET_PROPERTY") {
    return error(2, "Invalid request: unknown variant `" + method + "`, " + kMethods, id_text);
  }
  const Json params = request.value("params", Json());
  if (!params.is_array() || params.empty() || !params[0].is_string()) {
    return error(2, "Invalid request: property name must be a string", id_text);
  }
  if (params[0] != "combined") return error(0, "Unknown property", id_text);
  if (method == "GET_PROPERTY") return result(is_combined_, id_text);
  if (params.size() != 2 || !params[1].is_boolean()) {
    return error(1, "Invalid value type: expected Boolean", id_text);
  }
  is_combined_ = params[1].get<bool>();
  return result(nullptr, id_text);
}

void StreamRequests::clear() {
  for (const auto& [name, key] : streams_) {
    if (key) publisher_.unsubscribe(*key, subscriber_);
  }
  streams_.clear();
}

// Names are case-sensitive on the venue: an upper-case symbol is acked and stays silent.
std::optional<StreamKey> StreamRequests::stream_key(std::string_view name) const {
  const std::string_view trades = dialect_ == Dialect::binance_usdm ? "@aggTrade" : "@trade";
  if (name.ends_with(trades) && pushes_klines_) {
    const auto symbol = model_.find_stream(name.substr(0, name.size() - trades.size()));
    return symbol ? std::optional(StreamKey{*symbol, kTradesInterval}) : std::nullopt;
  }
  const std::size_t at = name.find("@kline_");
  if (at == std::string_view::npos || !pushes_klines_) return std::nullopt;
  const auto symbol = model_.find_stream(name.substr(0, at));
  const int interval = find_sim_interval(name.substr(at + 7));
  if (!symbol || interval < 0) return std::nullopt;
  return StreamKey{*symbol, interval};
}

void StreamRequests::subscribe(const std::string& name) {
  const auto [at, is_new] = streams_.emplace(name, stream_key(name));
  if (is_new && at->second) publisher_.subscribe(*at->second, subscriber_);
}

void StreamRequests::unsubscribe(const std::string& name) {
  const auto at = streams_.find(name);
  if (at == streams_.end()) return;
  if (at->second) publisher_.unsubscribe(*at->second, subscriber_);
  streams_.erase(at);
}

// Both shapes are seen in the wild; each dialect has one of them so that a client meets both.
std::string StreamRequests::error(int code, std::string_view message, std::string_view id_text) const {
  std::string body = R"("code":)" + std::to_string(code) + R"(,"msg":)" + Json(message).dump();
  if (dialect_ == Dialect::binance_usdm) body = R"("error":{)" + body + "}";
  if (!id_text.empty()) body += R"(,"id":)" + std::string(id_text);
  return "{" + body + "}";
}

}  // namespace lockstep::sim
