// The configuration in force, as the text that would set it.
#include <charconv>

#include "engine/config.hpp"

namespace lockstep::engine {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// The shortest text that reads back to the same double, as TOML wants floats.
std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  std::string out(text, end);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + in_quotes(text);
  return out + "]";
}

class Lines {
 public:
  void table(std::string_view head) {
    if (!text_.empty()) text_ += '\n';
    text_ += head;
    text_ += '\n';
  }
  void line(const std::string& key, const std::string& value) { text_ += key + " = " + value + "\n"; }
  void line(const std::string& key, std::string_view value) { line(key, in_quotes(value)); }
  void line(const std::string& key, std::int64_t value) { line(key, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_atc(Lines& lines, const AtcConfig& atc) {
  lines.table("[atc]");
  std::vector<std::string> families;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    const std::string name(kFamilyNames[f]);
    lines.line(name + "_len", std::int64_t{atc.lengths[f]});
    lines.line(name + "_w", number(atc.weights[f]));
    if (atc.enabled[f]) families.push_back(name);
  }
  lines.line("families", list(families));
  lines.line("robustness", to_string(atc.robustness));
  lines.line("lambda", number(atc.lambda));
  lines.line("decay", number(atc.decay));
  lines.line("cutout", atc.cutout);
  lines.line("long_threshold", number(atc.long_threshold));
  lines.line("short_threshold", number(atc.short_threshold));
  lines.line("source", to_string(atc.source));
  lines.line("hma", to_string(atc.hma));
  lines.line("kama_seed", to_string(atc.kama_seed));
  lines.line("strategy", std::string(atc.strategy ? "true" : "false"));
}

void add_feed(Lines& lines, const feeds::FeedConfig& feed) {
  lines.table("[[feed]]");
  lines.line("venue", std::string_view(feed.venue));
  lines.line("symbols", list(feed.symbols));
  lines.line("intervals", list(feed.intervals));
  if (!feed.ws_url.empty()) lines.line("ws_url", std::string_view(feed.ws_url));
  if (!feed.rest_url.empty()) lines.line("rest_url", std::string_view(feed.rest_url));
  if (!feed.ca_file.empty()) lines.line("ca_file", std::string_view(feed.ca_file));
  lines.line("silence_s", std::int64_t{feed.silence_s});
  lines.line("backoff_ms_max", std::int64_t{feed.backoff_ms_max});
  lines.line("streams_max", std::int64_t{feed.streams_max});
  if (!feed.roll_up_from.empty()) lines.line("roll_up_from", std::string_view(feed.roll_up_from));
  lines.line("rest_requests_per_s", std::int64_t{feed.rest_requests_per_s});
  lines.line("listing_s", std::int64_t{feed.listing_s});
  if (!feed.cross_check.empty()) lines.line("cross_check", list(feed.cross_check));
  lines.line("clock_offset_ms_max", std::int64_t{feed.clock_offset_ms_max});
}

void add_journal(Lines& lines, const JournalConfig& journal) {
  lines.table("[journal]");
  lines.line("enabled", std::string(journal.is_enabled ? "true" : "false"));
  lines.line("fsync", std::string_view(fsync_text(journal)));
  lines.line("segment_bytes", journal.segment_bytes);
  lines.line("compress", std::string(journal.compress ? "true" : "false"));
  lines.line("keep_days", std::int64_t{journal.keep_days});
  lines.line("keep_mb", journal.keep_mb);
  lines.line("snapshot_s", std::int64_t{journal.snapshot_s});
  lines.line("snapshots", std::int64_t{journal.snapshots});
}

}  // namespace

std::string fsync_text(const JournalConfig& journal) {
  if (journal.fsync == FsyncPolicy::interval) return "interval:" + std::to_string(journal.fsync_ms);
  return journal.fsync == FsyncPolicy::always ? "always" : "never";
}

std::string to_text(const Config& config) {
  Lines lines;
  add_atc(lines, config.atc);
  for (const feeds::FeedConfig& feed : config.feeds) add_feed(lines, feed);
  lines.table("[engine]");
  lines.line("data_dir", std::string_view(config.engine.data_dir));
  lines.line("anchor", std::string_view(to_string(config.engine.anchor)));
  lines.line("shards", std::int64_t{config.engine.shards});
  lines.line("poll", std::string_view(config.engine.poll == PollMode::busy ? "busy" : "wait"));
  lines.line("queue_events_max", std::int64_t{config.engine.queue_events_max});
  lines.line("lag_ms_max", std::int64_t{config.engine.lag_ms_max});
  lines.line("late_s", std::int64_t{config.engine.late_s});
  lines.line("log_level", std::string_view(config.engine.log_level));
  if (!config.engine.log_file.empty()) lines.line("log_file", std::string_view(config.engine.log_file));
  lines.line("log_format", std::string_view(config.engine.is_log_json ? "json" : "text"));
  lines.line("log_mb_max", std::int64_t{config.engine.log_mb_max});
  lines.line("log_files", std::int64_t{config.engine.log_files});
  add_journal(lines, config.journal);
  lines.table("[audit]");
  lines.line("enabled", std::string(config.audit.is_enabled ? "true" : "false"));
  lines.line("pass_s", std::int64_t{config.audit.pass_s});
  lines.line("cpu_percent", std::int64_t{config.audit.cpu_percent});
  lines.table("[api]");
  // Beyond loopback it needs the token, which is not shown: the text must be one that can be read again.
  const bool needs_token = config.api.allow_plaintext && !config.api.token.empty();
  lines.line(needs_token ? "# with a token: bind" : "bind", std::string_view(config.api.bind));
  lines.line("port", std::int64_t{config.api.port});
  lines.line("clients_max", std::int64_t{config.api.clients_max});
  lines.line("history_bars", std::int64_t{config.api.history_bars});
  if (!config.api.origins.empty()) lines.line("origins", list(config.api.origins));
  lines.line("allow_plaintext", std::string(config.api.allow_plaintext ? "true" : "false"));
  lines.table("[input]");
  if (config.price_scale >= 0) lines.line("price_scale", std::int64_t{config.price_scale});
  lines.line("price_rounding", std::string_view(config.price_rounding_half_even ? "half_even" : "none"));
  const bool has_alerts = config.alerts != AlertsConfig{};
  return lines.take() + (has_alerts ? to_text(config.alerts) : "");
}

}  // namespace lockstep::engine
