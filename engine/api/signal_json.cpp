#include "engine/api/signal_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/api/json_writer.hpp"

namespace lockstep::engine {
namespace {

const char* to_string(Signal::Kind kind) {
  switch (kind) {
    case Signal::Kind::closed_bar:
      return "closed_bar";
    case Signal::Kind::open_bar:
      return "open_bar";
    case Signal::Kind::state:
      return "state";
  }
  return "unknown";
}

void write_families(JsonWriter& json, std::string_view name, const std::array<double, kFamilies>& values) {
  json.key(name).begin_object();
  for (std::size_t family = 0; family < kFamilies; ++family) json.field(kFamilyNames[family], values[family]);
  json.end_object();
}

void write_bar(JsonWriter& json, const Signal& signal) {
  const int scale = signal.price_scale;
  json.field("price_scale", scale);
  json.decimal_field("open", signal.bar.open, scale).decimal_field("high", signal.bar.high, scale);
  json.decimal_field("low", signal.bar.low, scale).decimal_field("close", signal.bar.close, scale);
  json.field("volume", signal.volume);
}

void write_no_bar(JsonWriter& json) {
  for (const char* name : {"price_scale", "open", "high", "low", "close", "volume"}) json.null_field(name);
}

void write_outputs(JsonWriter& json, const Outputs& outputs) {
  json.field("average", outputs.average);
  write_families(json, "signals", outputs.signal);
  write_families(json, "equities", outputs.equity);
  if (outputs.direction == 0) {
    json.null_field("direction");
  } else {
    json.field("direction", outputs.direction);
  }
  if (outputs.event == TradeEvent::none) {
    json.null_field("event");
  } else {
    json.field("event", outputs.event == TradeEvent::long_ ? "long" : "short");
  }
  json.field("growth", outputs.growth).field("growth_warning", growth_warning(outputs.growth));
}

/// Outputs of a series that has no bar yet: a zero that nobody computed must not look like a result.
Outputs undefined_outputs() {
  Outputs outputs;
  outputs.signal.fill(kUndefined);
  outputs.equity.fill(kUndefined);
  return outputs;
}

void write_state(JsonWriter& json, const Signal& signal, std::string_view epoch) {
  json.field("kind", to_string(signal.kind))
      .field("closed", signal.is_closed())
      .field("valid", signal.is_valid);
  json.field("state", lockstep::engine::to_string(signal.state))
      .field("reason", core::to_string(signal.reason));
  json.field("sequence", signal.sequence).field("epoch", epoch);
  json.field("revision", signal.revision).field("replayed", signal.is_replayed);
}

}  // namespace

const char* growth_warning(double growth) {
  if (growth > kGrowthWarning) return "warning";
  return growth > kGrowthCaution ? "caution" : "none";
}

std::int64_t monotonic_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void append_age(std::string& out, std::int64_t ts_published_ns, std::int64_t now_ns) {
  JsonWriter(out).field("age_ms", std::max<std::int64_t>(0, (now_ns - ts_published_ns) / 1'000'000));
}

void append_age(std::string& out, const Signal& signal, std::int64_t now_ns) {
  if (signal.sequence != 0) return append_age(out, signal.ts_published_ns, now_ns);
  JsonWriter(out).null_field("age_ms");
}

void append_signal_rest(std::string& out, const Signal& signal, const SeriesIndex& index,
                        std::string_view epoch) {
  JsonWriter json(out);
  const bool has_bar = signal.bar.ts_open_ms != 0;
  json.raw(index.name_fields(signal.series));
  has_bar ? json.field("ts_open_ms", signal.bar.ts_open_ms) : json.null_field("ts_open_ms");
  signal.ts_event_ms != 0 ? json.field("ts_event_ms", signal.ts_event_ms) : json.null_field("ts_event_ms");
  write_state(json, signal, epoch);
  has_bar ? write_bar(json, signal) : write_no_bar(json);
  write_outputs(json, has_bar ? signal.outputs : undefined_outputs());
  const bool has_anchor = has_bar && signal.ts_anchor_ms != INT64_MIN;
  has_anchor ? json.field("anchor_ms", signal.ts_anchor_ms) : json.null_field("anchor_ms");
  json.field("bars", signal.bars).field("digest", signal.digest.hex());
  json.end_object();
}

void append_signal(std::string& out, const Signal& signal, const SeriesIndex& index, std::string_view epoch,
                   std::int64_t now_ns) {
  out += '{';
  append_age(out, signal, now_ns);
  out += ',';
  append_signal_rest(out, signal, index, epoch);
}

void append_members(std::string& out, const Detail& detail) {
  JsonWriter json(out);
  json.begin_array();
  for (std::size_t family = 0; family < kFamilies; ++family) {
    for (std::size_t member = 0; member < kMembers; ++member) {
      json.begin_object()
          .field("family", kFamilyNames[family])
          .field("length", detail.length[family][member]);
      json.field("average", detail.average[family][member]).field("signal", detail.signal[family][member]);
      json.field("equity", detail.equity[family][member]).end_object();
    }
  }
  json.end_array();
}

}  // namespace lockstep::engine
