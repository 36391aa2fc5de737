// What was measured beside what is asked for.
#include <fmt/format.h>

#include <limits>

#include "tools/bench/bench.hpp"

namespace lockstep::bench {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Row {
  const char* label;
  const char* path;  ///< JSON pointer into the figures
  const char* unit;
  double unit_size;  ///< the figure is divided by it
  double limit;      ///< kNone: nothing is asked
  bool is_least;     ///< the limit is a least value, not a greatest
  const char* aim;
};

// Limits of the project's performance goals; docs/performance.md has them with their reasons.
constexpr Row kRows[] = {
    {"commit of a closed bar (CPU)", "/incremental/commit_ns", "ns", 1, 80, false, "aim 40"},
    {"peek of an open bar (CPU)", "/incremental/peek_ns", "ns", 1, 80, false, "aim 40"},
    {"  commit, more than 4096 bars from the anchor", "/incremental/commit_growth_computed_ns", "ns", 1, 80,
     false, ""},
    {"  peek, more than 4096 bars from the anchor", "/incremental/peek_growth_computed_ns", "ns", 1, 80,
     false, ""},
    {"  commit, LOCKSTEP_CPU=baseline", "/incremental/commit_ns_by_cpu_path/baseline", "ns", 1, kNone, false,
     ""},
    {"  commit, LOCKSTEP_CPU=avx2", "/incremental/commit_ns_by_cpu_path/avx2", "ns", 1, kNone, false, ""},
    {"  commit, LOCKSTEP_CPU=avx512", "/incremental/commit_ns_by_cpu_path/avx512", "ns", 1, kNone, false, ""},
    {"state of a series", "/incremental/state_bytes", "bytes", 1, 4096, false, "aim 2048"},
    {"  with a rolling:1500/100 anchor", "/incremental/rolling_anchor_bytes", "bytes", 1, kNone, false, ""},
    {"batch, a bar of a symbol, one core (CPU)", "/batch/avx512/ns_per_symbol_bar", "ns", 1, 50, false,
     "aim 30"},
    {"  with end states", "/batch/avx512/ns_per_symbol_bar_end_states", "ns", 1, kNone, false, ""},
    {"  avx2", "/batch/avx2/ns_per_symbol_bar", "ns", 1, kNone, false, ""},
    {"  scalar", "/batch/scalar/ns_per_symbol_bar", "ns", 1, kNone, false, ""},
    {"batch of 99 x 1500, end states", "/batch/ms_99x1500", "ms", 1, 6, false, ""},
    {"batch of 500 x 2000, end states", "/batch/ms_500x2000", "ms", 1, 40, false, ""},
    {"  one thread", "/batch/ms_500x2000_one_thread", "ms", 1, kNone, false, ""},
    {"batch of 1 x 1000000, end state", "/batch/ms_1x1000000", "ms", 1, 60, false, ""},
    {"cuda, 10000 x 1500 with transfers", "/cuda/outputs/ms", "ms", 1, 60, false, ""},
    {"  kernels alone", "/cuda/outputs/kernel_ms", "ms", 1, 10, false, ""},
    {"  kernels, end states", "/cuda/outputs_and_end_states/kernel_ms", "ms", 1, kNone, false, ""},
    {"  kernels, length 29, general", "/cuda/length_29_general/kernel_ms", "ms", 1, kNone, false, ""},
    {"  kernels, length 29, specialised", "/cuda/length_29_specialised/kernel_ms", "ms", 1, kNone, false, ""},
    {"kline frame to event (CPU)", "/feed/parse_ns", "ns", 1, 350, false, ""},
    {"  Bybit", "/feed/parse_ns_by_venue/bybit_linear", "ns", 1, 350, false, ""},
    {"  OKX", "/feed/parse_ns_by_venue/okx", "ns", 1, 350, false, ""},
    {"  Coinbase", "/feed/parse_ns_by_venue/coinbase_advanced", "ns", 1, 350, false, ""},
    {"  Kraken", "/feed/parse_ns_by_venue/kraken_v2", "ns", 1, 350, false, ""},
    {"kline frames from a local socket", "/feed/frames_per_s", "1/s", 1, 700'000, true, ""},
    {"  CPU per frame on the feed's thread", "/feed/frame_cpu_ns", "ns", 1, kNone, false, ""},
    {"socket to signal, poll = busy, p50", "/latency/socket_to_signal_busy_ns/p50", "us", 1e3, 10, false, ""},
    {"socket to signal, poll = busy, p99", "/latency/socket_to_signal_busy_ns/p99", "us", 1e3, 25, false, ""},
    {"socket to signal, poll = busy, p99.9", "/latency/socket_to_signal_busy_ns/p999", "us", 1e3, kNone,
     false, ""},
    {"  of it until the frame lies in the socket", "/latency/loopback_send_to_socket_ns/p50", "us", 1e3,
     kNone, false, ""},
    {"socket to signal, poll = wait, p50", "/latency/socket_to_signal_wait_ns/p50", "us", 1e3, kNone, false,
     ""},
    {"socket to signal, poll = wait, p99", "/latency/socket_to_signal_wait_ns/p99", "us", 1e3, kNone, false,
     ""},
    {"socket to signal, poll = wait, p99.9", "/latency/socket_to_signal_wait_ns/p999", "us", 1e3, kNone,
     false, ""},
    {"50,000 frames/s to signal, busy, p50", "/latency/at_50000_per_s_busy/socket_to_signal_ns/p50", "us",
     1e3, kNone, false, ""},
    {"50,000 frames/s to signal, busy, p99", "/latency/at_50000_per_s_busy/socket_to_signal_ns/p99", "us",
     1e3, 50, false, ""},
    {"  of it since the frame left the socket", "/latency/at_50000_per_s_busy/receive_to_signal_ns/p99", "us",
     1e3, kNone, false, ""},
    {"50,000 frames/s to signal, busy, p99.9", "/latency/at_50000_per_s_busy/socket_to_signal_ns/p999", "us",
     1e3, kNone, false, ""},
    {"  frames sent a second", "/latency/at_50000_per_s_busy/sent_per_s", "1/s", 1, kNone, true, ""},
    {"50,000 frames/s to signal, wait, p99", "/latency/at_50000_per_s_wait/socket_to_signal_ns/p99", "us",
     1e3, kNone, false, ""},
    {"minute close of 5,000 symbols, worst", "/engine/minute_close_5000_ms", "ms", 1, 20, false, ""},
    {"  median", "/engine/minute_close_5000_median_ms", "ms", 1, kNone, false, ""},
    {"  worst (CPU)", "/engine/minute_close_5000_cpu_ms", "ms", 1, kNone, false, ""},
    {"cold start of 1,000 symbols x 1,500 bars (CPU)", "/cold_start/ms_1000x1500", "ms", 1, kNone, false, ""},
    {"  series by series", "/cold_start/one_by_one_ms_1000x1500", "ms", 1, kNone, false, ""},
    {"  the longest that another event waits", "/cold_start/longest_wait_ms", "ms", 1, 100, false, ""},
    {"journal: bars appended, fsync = always", "/journal/append_bars_per_s", "1/s", 1, 1'000'000, true, ""},
    {"  fsync = interval:100", "/journal/append_bars_per_s_interval", "1/s", 1, 1'000'000, true, ""},
    {"  a shard's bar without journal, p99 (CPU)", "/journal/commit_path_ns/p99", "ns", 1, kNone, false, ""},
    {"  a shard's bar with journal, p99 (CPU)", "/journal/commit_path_journal_ns/p99", "ns", 1, kNone, false,
     ""},
    {"  1,000 bars close: all on the disk, p99", "/journal/minute_close_1000_durable_ms/p99", "ms", 1, kNone,
     false, ""},
    {"start, 1,000 symbols, 10^6 bars in the journal", "/journal/start_1000_symbols_s", "s", 1, 3, false, ""},
    {"  from a snapshot", "/journal/start_1000_symbols_from_snapshot_s", "s", 1, 3, false, ""},
    {"GET of a signal, one core", "/api/get_signal/requests_per_cpu_s", "1/s", 1, 10'000, true, ""},
    {"1,000 clients, 1,000 signals/s: missing", "/api/many_clients/messages_missing", "", 1, 0, false, ""},
    {"  share of a core", "/api/many_clients/server_cpu_share", "", 1, kNone, false, ""},
    {"  frame to signal, poll = wait, p99, without",
     "/api/engine_with_clients/wait/receive_to_signal_ns/p99/without", "us", 1e3, kNone, false, ""},
    {"  the same with them, ratio", "/api/engine_with_clients/wait/receive_to_signal_ns/p99/ratio", "", 1,
     1.1, false, ""},
    {"  frame to signal, poll = busy, p99, without",
     "/api/engine_with_clients/busy/receive_to_signal_ns/p99/without", "us", 1e3, kNone, false, ""},
    {"  the same with them, ratio", "/api/engine_with_clients/busy/receive_to_signal_ns/p99/ratio", "", 1,
     1.1, false, ""},
    {"stream messages to 100 clients", "/api/fan_out/messages_per_s", "1/s", 1, kNone, false, ""},
    {"  CPU per message", "/api/fan_out/message_cpu_ns", "ns", 1, kNone, false, ""},
    {"replay, bars per second (CPU)", "/replay/bars_per_s", "1/s", 1, 5'000'000, true, ""},
    {"  the best of five", "/replay/bars_per_s_best", "1/s", 1, kNone, true, ""},
    {"  with rolling:500/100", "/replay/rolling_bars_per_s", "1/s", 1, kNone, true, ""},
    {"compute, 10^6 bars, CSV to CSV", "/compute/seconds_1m_bars", "s", 1, 1.5, false, ""},
    {"  CPU", "/compute/cpu_seconds_1m_bars", "s", 1, kNone, false, ""},
    {"  bars per second", "/compute/bars_per_s", "1/s", 1, kNone, true, ""},
};

std::string number_text(double value) {
  return value == static_cast<double>(static_cast<std::int64_t>(value))
             ? fmt::format("{}", static_cast<std::int64_t>(value))
             : fmt::format("{:.2f}", value);
}

std::string line(const Row& row, double value) {
  std::string asked, verdict;
  if (row.limit == row.limit) {
    asked = fmt::format("{} {}", row.is_least ? ">=" : "<=", number_text(row.limit));
    verdict = (row.is_least ? value >= row.limit : value <= row.limit) ? "ok" : "MISSED";
  }
  std::string text = fmt::format("{:<46} {:>11} {:<6} {:<10} {:<9} {}", row.label, number_text(value),
                                 row.unit, asked, row.aim, verdict);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

}  // namespace

std::string table_text(const Json& figures) {
  const Json& machine = figures.at("machine");
  std::string text = fmt::format("{}, {} cores, {}; {}, {} build\n\n", machine.at("cpu").get<std::string>(),
                                 machine.at("cores").get<int>(), machine.at("kernel").get<std::string>(),
                                 machine.at("compiler").get<std::string>(),
                                 figures.at("build").at("type").get<std::string>());
  text += fmt::format("{:<46} {:>11} {:<6} {}\n", "", "measured", "", "asked");
  for (const Row& row : kRows) {
    const Json::json_pointer path(row.path);
    if (figures.contains(path)) text += line(row, figures.at(path).get<double>() / row.unit_size);
  }
  return text;
}

}  // namespace lockstep::bench
