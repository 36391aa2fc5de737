// Symbols of one shard, with a journal or without: bars are closed here as a feed would close them.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/journal/journal.hpp"
#include "engine/outlet.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/request_desk.hpp"
#include "tools/temporary_folder.hpp"

namespace lockstep::bench {

/// As many bars as a shard gives the journal at a time.
inline constexpr std::size_t kJournalBatch = 256;

/// On the disk of the working directory: /tmp is often none.
tools::TemporaryFolder make_journal_folder();

/// With a journal when the configuration names a data directory: what is in it is taken up first.
class JournalRoom {
 public:
  static constexpr std::size_t kSymbols = 1000;

  explicit JournalRoom(const engine::Config& config);

  /// History for every symbol, `bars` each.
  void warm_up(int bars);
  /// Every symbol's bar closes: CPU ns per bar until the shard could go on, wall ms until all may be
  /// published.
  std::pair<double, double> close_minute();
  /// Ends the journal with a snapshot; without, it is left as a kill leaves it.
  bool stop();

 private:
  core::MarketEvent bar_event(std::size_t id);
  void flush();
  void wait();

  engine::Config config_;
  core::Catalog catalog_;
  std::vector<PriceWalk> walks_;
  std::vector<BarTicks> next_;
  std::shared_ptr<const AtcParams> params_;
  engine::SeriesSettings settings_;
  RequestDesk feed_;
  std::vector<feeds::Feed*> feed_of_series_;
  boost::asio::io_context io_{1};
  engine::OutputsWaker waker_{io_, [] {}};
  engine::SignalQueue signals_{1 << 20};
  std::optional<engine::journal::Journal> journal_;
  engine::journal::Port* port_ = nullptr;
  std::optional<engine::ShardOutlet> outlet_;
  std::optional<engine::Shard> shard_;
};

}  // namespace lockstep::bench
