#include "engine/api/history_json.hpp"

#include <fmt/format.h>

#include "engine/api/json_writer.hpp"

namespace lockstep::engine {
namespace {

void write_columns(JsonWriter& json, const HistoryQuery& query, const HistoryPage& page) {
  json.key("columns").begin_array();
  for (const char* name : {"ts_open_ms", "open", "high", "low", "close"}) json.value(name);
  if (query.wants_outputs) {
    for (const char* name : {"average", "direction", "event", "growth"}) json.value(name);
    for (const auto family : kFamilyNames) json.value(fmt::format("{}_signal", family));
    for (const auto family : kFamilyNames) json.value(fmt::format("{}_equity", family));
  }
  if (query.family) {
    const auto family = kFamilyNames[static_cast<std::size_t>(*query.family)];
    for (const int length : page.lengths) json.value(fmt::format("{}_{}_average", family, length));
    for (const int length : page.lengths) json.value(fmt::format("{}_{}_signal", family, length));
  } else if (query.wants_averages) {
    for (const auto family : kFamilyNames) json.value(fmt::format("{}_base_average", family));
    for (const auto family : kFamilyNames) json.value(fmt::format("{}_base_signal", family));
  }
  json.end_array();
}

void append_price(std::string& out, std::int64_t ticks, int scale) {
  out += ",\"";
  append_decimal(out, ticks, scale);
  out += '"';
}

void append_number(std::string& out, double value) {
  out += ',';
  append_json_number(out, value);
}

void append_outputs(std::string& out, const Outputs& outputs) {
  append_number(out, outputs.average);
  out += outputs.direction == 0 ? ",null" : outputs.direction > 0 ? ",1" : ",-1";
  out += outputs.event == TradeEvent::none    ? ",null"
         : outputs.event == TradeEvent::long_ ? ",\"long\""
                                              : ",\"short\"";
  append_number(out, outputs.growth);
  for (const double signal : outputs.signal) append_number(out, signal);
  for (const double equity : outputs.equity) append_number(out, equity);
}

void append_members(std::string& out, const HistoryRow& row, std::size_t members) {
  for (std::size_t i = 0; i < members; ++i) append_number(out, row.average[i]);
  for (std::size_t i = 0; i < members; ++i) {
    // A member without an average has no side yet; its 0 is no result.
    out += is_undefined(row.average[i]) ? ",null"
           : row.signal[i] == 0         ? ",0"
           : row.signal[i] > 0          ? ",1"
                                        : ",-1";
  }
}

}  // namespace

std::string history_text(const HistoryQuery& query, const HistoryPage& page, std::string_view head) {
  std::string out = "{";
  out += head;
  JsonWriter json(out += ',');
  if (page.rows.empty()) {
    json.null_field("price_scale");
  } else {
    json.field("price_scale", page.price_scale);
  }
  json.field("count", page.rows.size());
  if (page.has_older && !page.rows.empty()) {
    json.field("next_before_ms", page.rows.front().bar.ts_open_ms);
  } else {
    json.null_field("next_before_ms");
  }
  write_columns(json, query, page);
  out += ",\"rows\":[";
  const std::size_t members = query.family ? kMembers : query.wants_averages ? kFamilies : 0;
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    const HistoryRow& row = page.rows[i];
    out += i == 0 ? "[" : ",[";
    out += std::to_string(row.bar.ts_open_ms);
    for (const std::int64_t price : {row.bar.open, row.bar.high, row.bar.low, row.bar.close})
      append_price(out, price, page.price_scale);
    if (query.wants_outputs) append_outputs(out, row.outputs);
    append_members(out, row, members);
    out += ']';
  }
  out += "]}";
  return out;
}

}  // namespace lockstep::engine
