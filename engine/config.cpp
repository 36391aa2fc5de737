#include "engine/config.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <set>
#include <system_error>
#include <tuple>

#include "engine/core/interval.hpp"
#include "engine/detail/config_alert_keys.hpp"
#include "engine/detail/config_audit.hpp"
#include "engine/detail/toml_table.hpp"
#include "engine/token_file.hpp"
#include "feeds/symbol_patterns.hpp"

namespace lockstep::engine {
namespace {

using detail::ListedText;
using detail::TomlTable;

constexpr std::array<std::string_view, 3> kRobustnessNames = {"narrow", "medium", "wide"};
constexpr std::array<std::string_view, 8> kSourceNames = {"close", "open", "high",  "low",
                                                          "hl2",   "hlc3", "ohlc4", "hlcc4"};
constexpr std::array<std::string_view, 2> kHmaNames = {"sma", "hull"};
constexpr std::array<std::string_view, 2> kKamaSeedNames = {"zero", "price"};
constexpr std::array<std::string_view, 2> kPollNames = {"wait", "busy"};
constexpr std::array<std::string_view, 5> kLogLevels = {"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kLogFormats = {"text", "json"};
constexpr std::array<std::string_view, 2> kRoundings = {"none", "half_even"};
constexpr std::size_t kSymbolBytesMax = 64;
constexpr std::size_t kTokenCharactersMin = 32;
constexpr std::size_t kTokenCharactersMax = 512;
constexpr std::int64_t kFileBytesMax = 16 << 20;

template <class Enum, std::size_t N>
void read_choice(TomlTable& table, std::string_view key, const std::array<std::string_view, N>& names,
                 Enum& out, bool any_case = false) {
  if (const auto index = table.choice(key, names, any_case)) out = static_cast<Enum>(*index);
}

void read_families(TomlTable& table, std::array<bool, kFamilies>& enabled) {
  const auto names = table.texts("families");
  if (!names) return;
  enabled.fill(false);
  for (const ListedText& name : *names) {
    const auto found = std::find(kFamilyNames.begin(), kFamilyNames.end(), name.text);
    if (found == kFamilyNames.end()) {
      table.fail("families", *name.node, "the families are ema, hma, wma, dema, lsma, kama");
    }
    enabled[static_cast<std::size_t>(found - kFamilyNames.begin())] = true;
  }
}

void read_atc(TomlTable& table, AtcConfig& atc) {
  for (std::size_t i = 0; i < kFamilies; ++i) {
    table.integer(std::string(kFamilyNames[i]) + "_len", 1, kLengthMax, atc.lengths[i]);
  }
  for (std::size_t i = 0; i < kFamilies; ++i) {
    const std::string key = std::string(kFamilyNames[i]) + "_w";
    table.number(key, atc.weights[i]);
    if (!(atc.weights[i] > 0)) table.fail(key, "must be above 0");
  }
  read_families(table, atc.enabled);
  read_choice(table, "robustness", kRobustnessNames, atc.robustness, true);
  table.number("lambda", atc.lambda);
  table.number("decay", atc.decay);
  table.integer("cutout", 0, 1'000'000'000, atc.cutout);
  table.number("long_threshold", atc.long_threshold);
  table.number("short_threshold", atc.short_threshold);
  read_choice(table, "source", kSourceNames, atc.source);
  read_choice(table, "hma", kHmaNames, atc.hma);
  read_choice(table, "kama_seed", kKamaSeedNames, atc.kama_seed);
  table.boolean("strategy", atc.strategy);
}

/// What single values cannot show. The sentence begins with the key; that is how its line is found.
void check_atc(const TomlTable& table, const AtcConfig& atc) {
  const auto error = config_error(atc);
  if (!error) return;
  throw ConfigError(table.place(error->substr(0, error->find(' '))) + "[atc] " + *error);
}

bool is_url(std::string_view url, std::string_view scheme) {
  if (url.starts_with(std::string(scheme) + "s://")) {
    url.remove_prefix(scheme.size() + 4);
  } else if (url.starts_with(std::string(scheme) + "://")) {
    url.remove_prefix(scheme.size() + 3);
  } else {
    return false;
  }
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
  return !url.empty() && url[0] != '/' && std::all_of(url.begin(), url.end(), is_visible);
}

void read_url(TomlTable& table, std::string_view key, std::string_view scheme, std::string& out) {
  table.text(key, out);
  if (out.empty() || is_url(out, scheme)) return;
  const std::string name(scheme);
  table.fail(
      key, "must be " + name + "s://HOST[:PORT] or " + name + "://HOST[:PORT], or empty for the venue's own");
}

void read_symbols(TomlTable& table, std::vector<std::string>& symbols) {
  const auto list = table.texts("symbols");
  if (!list) return;
  for (const ListedText& symbol : *list) {
    const auto is_wrong = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
    if (symbol.text.empty() || symbol.text.size() > kSymbolBytesMax ||
        std::any_of(symbol.text.begin(), symbol.text.end(), is_wrong)) {
      table.fail("symbols", *symbol.node,
                 "a symbol is 1 to 64 bytes without blanks, as the venue writes it: \"BTCUSDT\"");
    }
    if (symbol.text.starts_with("top:") && !feeds::parse_top(symbol.text)) {
      table.fail("symbols", *symbol.node,
                 "top: wants a count from 1 to 10000 and takes a pattern: \"top:200\", \"top:50:*USDT\"");
    }
    symbols.push_back(symbol.text);
  }
}

void read_intervals(TomlTable& table, std::vector<std::string>& intervals) {
  const auto list = table.texts("intervals");
  if (!list) return;
  for (const ListedText& listed : *list) {
    const auto interval = core::Interval::parse(listed.text);
    if (!interval) {
      table.fail("intervals", *listed.node,
                 "an interval is a count and s, m, h, d or w (\"1m\", \"15m\", \"4h\", \"1d\"), or \"1M\" "
                 "for a month");
    }
    const auto is_same = [&](const std::string& text) { return core::Interval::parse(text) == interval; };
    if (std::any_of(intervals.begin(), intervals.end(), is_same)) {
      table.fail("intervals", *listed.node, "is as long as another one of the list; remove one");
    }
    intervals.push_back(listed.text);
  }
}

void read_feed(TomlTable& table, feeds::FeedConfig& feed) {
  table.text("venue", feed.venue);
  read_symbols(table, feed.symbols);
  read_intervals(table, feed.intervals);
  read_url(table, "ws_url", "ws", feed.ws_url);
  std::string url;
  read_url(table, "url", "ws", url);
  if (table.has("url") && table.has("ws_url"))
    table.fail("url", "means the same as ws_url; give one of them");
  if (table.has("url")) feed.ws_url = url;
  read_url(table, "rest_url", "http", feed.rest_url);
  table.text("ca_file", feed.ca_file);
  table.integer("silence_s", 1, 3'600, feed.silence_s);
  table.integer("backoff_ms_max", 1, 3'600'000, feed.backoff_ms_max);
  table.integer("streams_max", 1, 1'024, feed.streams_max);
  table.text("roll_up_from", feed.roll_up_from);
  if (!feed.roll_up_from.empty() && !core::Interval::parse(feed.roll_up_from)) {
    table.fail("roll_up_from", "must be an interval such as \"1m\", or empty");
  }
  table.integer("rest_requests_per_s", 0, 10'000, feed.rest_requests_per_s);
  table.integer("listing_s", 1, 86'400, feed.listing_s);
  if (const auto list = table.texts("cross_check")) {
    for (const ListedText& symbol : *list) {
      if (symbol.text.empty() || symbol.text.size() > kSymbolBytesMax)
        table.fail("cross_check", *symbol.node,
                   "a symbol or pattern is 1 to 64 bytes: \"BTCUSDT\", \"ETH*\", \"*\"");
      feed.cross_check.push_back(symbol.text);
    }
  }
  table.integer("clock_offset_ms_max", 0, 3'600'000, feed.clock_offset_ms_max);
}

void check_feed(const TomlTable& table, const feeds::FeedConfig& feed) {
  if (feed.venue.empty()) table.fail("venue", "every feed needs one, such as venue = \"binance_spot\"");
  if (feed.symbols.empty()) table.fail("symbols", "every feed needs some, such as symbols = [\"BTCUSDT\"]");
  if (feed.intervals.empty()) table.fail("intervals", "every feed needs some, such as intervals = [\"1m\"]");
}

void read_engine(TomlTable& table, EngineConfig& engine) {
  table.text("data_dir", engine.data_dir);
  engine.data_dir_given = table.has("data_dir");
  if (engine.data_dir.empty()) table.fail("data_dir", "must name a folder");
  if (const auto text = table.text_or_time("anchor")) {
    try {
      engine.anchor = parse_anchor(*text);
    } catch (const ConfigError& error) {
      const std::string what = error.what();
      table.fail("anchor", what.substr(what.find("\": ") + 3));
    }
    engine.anchor_given = true;
  }
  table.integer("shards", 1, 64, engine.shards);
  read_choice(table, "poll", kPollNames, engine.poll);
  table.integer("queue_events_max", 1'024, 1 << 26, engine.queue_events_max);
  table.integer("lag_ms_max", 0, 3'600'000, engine.lag_ms_max);
  table.integer("late_s", 1, 3'600, engine.late_s);
  if (const auto level = table.choice("log_level", kLogLevels)) engine.log_level = kLogLevels[*level];
  table.text("log_file", engine.log_file);
  if (const auto format = table.choice("log_format", kLogFormats)) engine.is_log_json = *format == 1;
  table.integer("log_mb_max", 1, 10'000, engine.log_mb_max);
  table.integer("log_files", 1, 1'000, engine.log_files);
}

void read_fsync(TomlTable& table, JournalConfig& journal) {
  constexpr std::string_view kInterval = "interval:";
  std::string text = fsync_text(journal);
  table.text("fsync", text);
  if (text == "always") {
    journal.fsync = FsyncPolicy::always;
  } else if (text == "never") {
    journal.fsync = FsyncPolicy::never;
  } else {
    const char* const end = text.data() + text.size();
    const bool is_interval = text.starts_with(kInterval);
    const char* const begin = is_interval ? text.data() + kInterval.size() : end;
    const auto [stopped, error] = std::from_chars(begin, end, journal.fsync_ms);
    if (error != std::errc() || stopped != end || journal.fsync_ms < 1 || journal.fsync_ms > 60'000) {
      table.fail("fsync", "must be \"always\", \"interval:MS\" with 1 to 60000 milliseconds, or \"never\"");
    }
    journal.fsync = FsyncPolicy::interval;
  }
}

void read_journal(TomlTable& table, JournalConfig& journal) {
  table.boolean("enabled", journal.is_enabled);
  read_fsync(table, journal);
  table.integer("segment_bytes", 1 << 16, 1 << 30, journal.segment_bytes);
  table.boolean("compress", journal.compress);
  table.integer("keep_days", 0, 36'500, journal.keep_days);
  table.integer("keep_mb", 0, std::int64_t{1} << 40, journal.keep_mb);
  table.integer("snapshot_s", 1, 86'400, journal.snapshot_s);
  table.integer("snapshots", 2, 100, journal.snapshots);
}

enum class BindKind { not_an_address, loopback, beyond };

BindKind bind_kind(const std::string& bind) {
  in_addr v4{};
  if (inet_pton(AF_INET, bind.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127 ? BindKind::loopback : BindKind::beyond;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, bind.c_str(), &v6) != 1) return BindKind::not_an_address;
  return IN6_IS_ADDR_LOOPBACK(&v6) ? BindKind::loopback : BindKind::beyond;
}

/// "https://host[:port]" each, as browsers send them; no wildcards.
void read_origins(TomlTable& table, ApiConfig& api) {
  const auto list = table.texts("origins");
  if (!list) return;
  for (const ListedText& origin : *list) {
    const bool is_secure = origin.text.starts_with("https://");
    const bool is_plain = origin.text.starts_with("http://");
    std::string_view host = origin.text;
    if (is_secure || is_plain) host.remove_prefix(is_secure ? 8 : 7);
    const bool is_origin =
        (is_secure || is_plain) && !host.empty() && host.find_first_of("/*?#@ ") == std::string_view::npos;
    if (!is_origin)
      table.fail("origins", *origin.node,
                 "must be as browsers send it: \"https://host\" or \"http://host:port\"");
    api.origins.push_back(origin.text);
  }
}

void read_token(TomlTable& table, ApiConfig& api) {
  std::string file;
  table.text("token_file", file);
  if (file.empty()) return;
  if (!api.token.empty()) table.fail("token_file", "give token or token_file, not both");
  try {
    api.token = read_token_file(file);
  } catch (const std::invalid_argument& error) {
    table.fail("token_file", error.what());
  }
  if (api.token.size() < kTokenCharactersMin)
    table.fail("token_file",
               "must hold 32 to 512 visible characters; `openssl rand -hex 32 > FILE` makes one");
}

void read_api(TomlTable& table, ApiConfig& api) {
  table.text("bind", api.bind);
  table.integer("port", 0, 65'535, api.port);
  table.text("token", api.token);
  read_token(table, api);
  table.integer("clients_max", 1, 10'000, api.clients_max);
  table.integer("history_bars", 0, 1'000'000, api.history_bars);
  table.boolean("allow_plaintext", api.allow_plaintext);
  read_origins(table, api);
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
  const bool is_token = api.token.size() >= kTokenCharactersMin && api.token.size() <= kTokenCharactersMax &&
                        std::all_of(api.token.begin(), api.token.end(), is_visible);
  if (!api.token.empty() && !is_token) {
    table.fail_secret("token",
                      "must be 32 to 512 visible ASCII characters without blanks (or empty); "
                      "`openssl rand -hex 32` makes one");
  }
  const BindKind kind = bind_kind(api.bind);
  if (kind == BindKind::not_an_address) {
    table.fail("bind", "must be an IP address, such as \"127.0.0.1\", \"::1\" or \"0.0.0.0\"");
  }
  if (kind == BindKind::beyond && !api.token.empty() && !api.allow_plaintext) {
    table.fail("bind",
               "others on the network can reach this address, and the token would travel unencrypted: bind "
               "\"127.0.0.1\" behind a TLS proxy or a tunnel, or set allow_plaintext = true");
  }
  if (kind == BindKind::beyond && api.token.empty()) {
    table.fail("bind",
               "others on the network can reach this address, so [api] needs a token; or bind \"127.0.0.1\"");
  }
}

void read_input(TomlTable& table, Config& config) {
  table.integer("price_scale", 0, kPriceScaleMax, config.price_scale);
  if (const auto rounding = table.choice("price_rounding", kRoundings))
    config.price_rounding_half_even = *rounding == 1;
}

/// One kind of table: its name in the file and the function that asks for its keys.
struct Section {
  std::string_view name;
  bool is_list;
  void (*read)(TomlTable&, Config&);
};
constexpr std::array<Section, 8> kSections = {{
    {"atc", false, [](TomlTable& table, Config& config) { read_atc(table, config.atc); }},
    {"feed", true, [](TomlTable& table, Config& config) { read_feed(table, config.feeds.emplace_back()); }},
    {"engine", false, [](TomlTable& table, Config& config) { read_engine(table, config.engine); }},
    {"journal", false, [](TomlTable& table, Config& config) { read_journal(table, config.journal); }},
    {"audit", false, [](TomlTable& table, Config& config) { detail::read_audit(table, config.audit); }},
    {"api", false, [](TomlTable& table, Config& config) { read_api(table, config.api); }},
    {"alerts", false, [](TomlTable& table, Config& config) { read_alerts(table, config.alerts); }},
    {"input", false, [](TomlTable& table, Config& config) { read_input(table, config); }},
}};

std::string title_of(const Section& section) {
  const std::string name(section.name);
  return section.is_list ? "[[" + name + "]]" : "[" + name + "]";
}

void read_section(std::string_view file, const Section& section, const toml::table& node, Config& config) {
  const std::string title = title_of(section);
  TomlTable table(file, title, &node);
  section.read(table, config);
  table.refuse_unknown(known_config_keys());
  if (section.name == "atc") check_atc(table, config.atc);
  if (!section.is_list) return;
  check_feed(table, config.feeds.back());
  config.feed_places.push_back(table.place());
}

void read_top(std::string_view file, const toml::key& key, const toml::node& node, Config& config) {
  const std::string place = detail::place_text(file, key.source());
  const auto* section = std::find_if(kSections.begin(), kSections.end(),
                                     [&](const Section& each) { return each.name == key.str(); });
  if (section == kSections.end()) {
    std::vector<std::string> names;
    names.reserve(kSections.size());
    for (const Section& each : kSections) names.emplace_back(each.name);
    const auto near = detail::nearest(key.str(), names);
    throw ConfigError(
        place + "there is no table or key " + detail::in_quotes(key.str()) +
        (near.empty() ? "" : "; did you mean " + detail::in_quotes(near) + "?") +
        "; the tables are [atc], [[feed]], [engine], [journal], [audit], [api], [alerts], [input]");
  }
  const bool is_list = node.is_array() && (node.as_array()->empty() || node.is_array_of_tables());
  if (section->is_list ? !is_list : !node.is_table()) {
    throw ConfigError(place + "\"" + std::string(section->name) + "\" must be a table: write " +
                      title_of(*section) + " on a line of its own");
  }
  if (!section->is_list) return read_section(file, *section, *node.as_table(), config);
  for (const toml::node& member : *node.as_array()) read_section(file, *section, *member.as_table(), config);
}

void refuse_series_twice(const Config& config) {
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  for (std::size_t i = 0; i < config.feeds.size(); ++i) {
    const feeds::FeedConfig& feed = config.feeds[i];
    for (const std::string& symbol : feed.symbols) {
      for (const std::string& interval : feed.intervals) {
        if (seen.emplace(feed.venue, symbol, core::Interval::parse(interval)->ms()).second) continue;
        throw ConfigError(config.feed_places[i] + "[[feed]] symbols: " + detail::in_quotes(symbol) + " at " +
                          interval + " on " + feed.venue +
                          " is in another [[feed]] already; remove it from one");
      }
    }
  }
}

}  // namespace

Config parse_config(std::string_view text, std::string_view name) {
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(detail::place_text(name, error.source()) +
                      "not TOML: " + std::string(error.description()));
  }
  Config config;
  for (const auto& [key, node] : root) read_top(name, key, node, config);
  refuse_series_twice(config);
  // What a venue asked us to wait outlives a restart, where there is a folder for it.
  for (feeds::FeedConfig& feed : config.feeds) {
    if (config.engine.data_dir_given) feed.state_dir = config.engine.data_dir;
  }
  return config;
}

Config load_config(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw ConfigError(file.string() + ": is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw ConfigError(file.string() +
                      ": cannot open the configuration file: " + std::generic_category().message(errno));
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), kFileBytesMax + 1);
  if (in.bad()) throw ConfigError(file.string() + ": cannot read the configuration file");
  if (in.gcount() > kFileBytesMax) throw ConfigError(file.string() + ": a configuration has at most 16 MiB");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_config(text, file.string());
}

std::vector<std::string> known_config_keys() {
  std::vector<std::string> keys;
  Config config;
  for (const Section& section : kSections) {
    TomlTable table("", "", nullptr);
    section.read(table, config);
    for (const std::string& key : table.known()) keys.push_back(std::string(section.name) + "." + key);
  }
  for (std::string& key : detail::alert_item_keys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace lockstep::engine
