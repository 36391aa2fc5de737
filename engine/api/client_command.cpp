#include "engine/api/client_command.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace lockstep::engine {
namespace {

using simdjson::dom::element;

constexpr std::size_t kDepthMax = 16;
constexpr const char* kExample =
    R"(send {"subscribe":{"venue":"...","symbols":["..."],"intervals":["..."]}} or unsubscribe)";

ApiError bad_message(const std::string& what) {
  return {400, "bad_message", fmt::format("{}; {}", what, kExample)};
}

bool read_names(element value, std::vector<std::string>& names) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const element each : list) {
    std::string_view name;
    if (each.get(name) != simdjson::SUCCESS) return false;
    names.emplace_back(name);
  }
  return !names.empty();  // an empty list would mean any, which nobody means by it
}

std::optional<ApiError> read_kinds(element value, KindSet& kinds) {
  std::vector<std::string> names;
  if (!read_names(value, names)) return bad_message("kinds must be a list of one or more texts");
  for (const std::string& name : names) {
    if (name == "closed_bar") {
      kinds |= kind_bit(Signal::Kind::closed_bar);
    } else if (name == "open_bar") {
      kinds |= kind_bit(Signal::Kind::open_bar);
    } else if (name == "state") {
      kinds |= kind_bit(Signal::Kind::state);
    } else {
      return bad_message(fmt::format("{} is not a kind; kinds are closed_bar, open_bar, state", shown(name)));
    }
  }
  return std::nullopt;
}

std::optional<ApiError> read_condition(std::string_view key, element value, ClientCommand& command) {
  SeriesFilter& filter = command.filter;
  if (key == "kinds") return read_kinds(value, command.kinds);
  if (key == "venue") {
    std::string_view venue;
    if (value.get(venue) != simdjson::SUCCESS) return bad_message("venue must be a text");
    filter.venues.assign(1, std::string(venue));
    return std::nullopt;
  }
  if (key != "symbols" && key != "intervals") return bad_message(fmt::format("unknown key {}", shown(key)));
  std::vector<std::string> names;
  if (!read_names(value, names))
    return bad_message(fmt::format("{} must be a list of one or more texts", key));
  if (key == "symbols") {
    filter.symbols = std::move(names);
  } else {
    for (std::string& name : names) name = canonical_interval(name);
    filter.intervals = std::move(names);
  }
  return std::nullopt;
}

std::variant<ClientCommand, ApiError> read_command(element document) {
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS || object.size() != 1) {
    return bad_message("a message is an object with one key");
  }
  const auto [verb, conditions] = *object.begin();
  ClientCommand command;
  command.is_subscribe = verb == "subscribe";
  if (!command.is_subscribe && verb != "unsubscribe")
    return bad_message(fmt::format("unknown key {}", shown(verb)));
  simdjson::dom::object keys;
  if (conditions.get(keys) != simdjson::SUCCESS)
    return bad_message(fmt::format("{} must be an object", verb));
  for (const auto& [key, value] : keys) {
    if (auto error = read_condition(key, value, command)) return std::move(*error);
  }
  return command;
}

}  // namespace

std::variant<ClientCommand, ApiError> parse_client_command(std::string_view text) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  if (parser.allocate(padded.size(), kDepthMax) != simdjson::SUCCESS)
    return bad_message("the message is too long");
  element document;
  if (const auto error = parser.parse(padded).get(document)) {
    return bad_message(fmt::format("not JSON: {}", simdjson::error_message(error)));
  }
  return read_command(document);
}

}  // namespace lockstep::engine
