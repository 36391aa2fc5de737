// The configuration file: one TOML file with [atc], [[feed]], [engine], [journal], [audit], [api].
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config_alerts.hpp"
#include "feeds/feed.hpp"
#include "incremental/anchored_state.hpp"
#include "incremental/config.hpp"

namespace lockstep::engine {

/// Wrong configuration. what() names file, line, key, value and what would be right.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class PollMode : std::uint8_t {
  wait,  ///< threads sleep until something happens: no CPU when idle, some 40 us more per signal
  busy,  ///< network and shard threads spin: lowest latency, one core each at 100 %
};

struct EngineConfig {
  std::string data_dir = "lockstep-data";  ///< journal, snapshots, logs; one daemon at a time
  bool data_dir_given = false;             ///< the file names it; a Daemon keeps a journal only then
  Anchor anchor{Anchor::Kind::rolling, 0, 1500,
                100};         ///< history | UTC time (2024-01-01T00:00:00Z) | rolling:N/S
  bool anchor_given = false;  ///< the file names an anchor (compute's own default is history)
  int shards = 1;             ///< 1..64; symbols are spread over them by id
  PollMode poll = PollMode::wait;
  int queue_events_max = 1 << 17;  ///< per shard; beyond it a series goes to GAP and is backfilled
  int lag_ms_max = 5'000;          ///< events that wait for longer make their series STALE; 0: never
  int late_s = 10;                 ///< seconds after a bar's close without its final frame: fetched by REST
  std::string log_level = "info";  ///< trace debug info warn error
  std::string log_file;            ///< empty: stderr, or data_dir/lockstep.log while the table is shown
  bool is_log_json = false;        ///< one JSON object a line
  int log_mb_max = 100;            ///< a log file that would grow beyond it is followed by a new one, MiB
  int log_files = 5;               ///< older ones that are kept
};

struct ApiConfig {
  std::string bind = "127.0.0.1";
  int port = 8787;    ///< 0: any free port, printed at start
  std::string token;  ///< needed to bind beyond loopback; clients send it as Bearer
  int clients_max = 256;
  std::vector<std::string> origins;  ///< pages from there may read, besides those of this very host
  bool allow_plaintext = false;      ///< beyond loopback without TLS, knowing that anybody can listen in
  int history_bars = 4000;           ///< closed bars of a series kept in memory for history, 40 bytes each
};

/// When what was written is made to survive a power cut. A killed process loses nothing with any of them.
enum class FsyncPolicy : std::uint8_t {
  always,    ///< before anything that rests on it is published
  interval,  ///< every fsync_ms: a power cut may take that much
  never,     ///< when the system likes, some 30 s
};

struct JournalConfig {
  bool is_enabled = true;
  FsyncPolicy fsync = FsyncPolicy::always;
  int fsync_ms = 100;                     ///< of policy interval
  std::int64_t segment_bytes = 64 << 20;  ///< a segment that has grown beyond it is followed by a new one
  bool compress = true;                   ///< segments that are no longer written to, with zstd
  int keep_days = 30;                     ///< older segments are removed, 0: never
  std::int64_t keep_mb = 10'240;          ///< the oldest segments beyond it are removed, 0: no limit
  int snapshot_s = 300;                   ///< seconds between two snapshots
  int snapshots = 3;                      ///< how many are kept, at least 2
};

/// [audit]: the daemon recomputes its own series from the journal, in turn (docs/audit.md).
struct AuditConfig {
  bool is_enabled = true;
  int pass_s = 3600;     ///< seconds from the beginning of one pass over all series to that of the next
  int cpu_percent = 10;  ///< of one CPU, at idle priority; 100: as fast as it goes
};

struct Config {
  AtcConfig atc;
  std::vector<feeds::FeedConfig> feeds;
  std::vector<std::string> feed_places;  ///< "FILE:LINE: " of each feed, for messages about it
  EngineConfig engine;
  JournalConfig journal;
  AuditConfig audit;
  ApiConfig api;
  AlertsConfig alerts;
  int price_scale = -1;                   ///< [input] price_scale for compute, -1: inferred from the text
  bool price_rounding_half_even = false;  ///< [input] price_rounding = "half_even"
};

/// Reads and checks a file. Throws ConfigError. Unknown keys are errors that suggest the nearest known one.
Config load_config(const std::filesystem::path& file);
/// The same from text; `name` stands for the file in messages.
Config parse_config(std::string_view text, std::string_view name);

/// Every key that a file can hold, as "atc.lambda"; of a [[feed]] as "feed.venue". docs/configuration.md has
/// them all.
std::vector<std::string> known_config_keys();

/// The configuration in force as TOML that sets it, all defaults written out. Without secrets.
std::string to_text(const Config& config);

/// "history", a UTC time (2024-01-01 or 2024-01-01T00:00:00Z), or "rolling:N/S". Throws ConfigError.
Anchor parse_anchor(std::string_view text);
/// "always", "interval:MS" or "never".
std::string fsync_text(const JournalConfig& journal);
/// A text that parse_anchor() reads back.
std::string to_string(const Anchor& anchor);

}  // namespace lockstep::engine
