// Raw frames to closed bars to indicator states, with no socket and no clock: what a recording is replayed
// with, and what the recorder runs beside it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "feeds/bar_closer.hpp"
#include "feeds/trade_bars.hpp"
#include "feeds/trade_order.hpp"
#include "feeds/venue.hpp"
#include "incremental/anchored_state.hpp"

namespace lockstep::replay {

/// What came of a series: of the configured ones, as far as bars follow from frames alone. Where a bar is
/// missing or its prices change scale, the state begins anew.
struct PipelineSeries {
  std::string name;  ///< venue symbol interval
  int price_scale = -1;
  std::uint64_t bars = 0;     ///< closed bars taken, in all
  std::uint64_t anews = 0;    ///< times that the state began anew behind a hole
  std::uint64_t refused = 0;  ///< records that could not be used
  std::int64_t ts_last_ms = 0;
  Digest digest{};  ///< of the state since it last began
};

/// Deterministic: what comes out depends on the calls alone.
class FramePipeline {
 public:
  /// Throws ConfigError when the series of the configuration contradict each other.
  explicit FramePipeline(const engine::Config& config);
  ~FramePipeline();

  /// A connection of a venue; `number` as in the recording.
  void connection(std::uint16_t number, std::string_view venue);
  void opened(std::uint16_t number) { lost(number); }
  void lost(std::uint16_t number);
  /// recv_ns: wall time, UTC.
  void frame(std::uint16_t number, std::string_view text, std::int64_t recv_ns);

  std::vector<PipelineSeries> series() const;
  /// A line a series with bars: name, bars, digest. Equal texts: equal histories.
  std::string digests_text() const;
  std::uint64_t frames() const { return frames_; }
  std::uint64_t frames_unknown() const { return frames_unknown_; }
  std::uint64_t frames_bad() const { return frames_bad_; }
  std::uint64_t bars() const { return bars_; }

 private:
  struct Series;
  struct Connection;
  void take_bar(Connection& connection, const feeds::BarRecord& record, std::int64_t recv_ns);
  void take_trade(Connection& connection, const feeds::TradeRecord& record);
  void commit(Series& series, const BarTicks& bar);
  bool has_scale(Series& series, const feeds::BarTexts& texts);
  void begin_anew(Series& series, int price_scale);

  engine::Config config_;
  core::Catalog catalog_;
  std::map<int, std::shared_ptr<const AtcParams>> params_;
  std::vector<std::unique_ptr<Series>> series_;
  std::map<std::uint16_t, std::unique_ptr<Connection>> connections_;
  std::vector<char> text_;  // the frame at hand, with padding
  std::uint64_t frames_ = 0, frames_unknown_ = 0, frames_bad_ = 0, bars_ = 0;
};

}  // namespace lockstep::replay
