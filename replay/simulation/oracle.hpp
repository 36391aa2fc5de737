// What must hold, whatever goes wrong (docs/simulation.md lists it for users).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/api/signal_store.hpp"
#include "engine/core/catalog.hpp"
#include "engine/live_series.hpp"
#include "engine/signal.hpp"
#include "incremental/anchored_state.hpp"
#include "replay/sim/loop_venue.hpp"
#include "replay/simulation/venue_faults.hpp"

namespace lockstep::simulation {

/// A bar of the venue and what the whole history up to it gives, computed with no part of the daemon but the
/// indicator itself.
struct TrueBar {
  BarTicks bar;
  Outputs outputs;
  std::int64_t ts_anchor_ms = 0;
};

class Oracle {
 public:
  struct Deadlines {
    std::int64_t late_ms = 0;     ///< a bar that has not come so long after its end makes its series stale
    std::int64_t silence_ms = 0;  ///< and so does no data for so long
  };
  using Complain = std::function<void(const std::string&)>;

  /// `is_content_kept`: no power cut can make a publication be forgotten. All references must outlive this.
  Oracle(const sim::LoopVenue& venue, const core::Catalog& catalog, const engine::SeriesSettings& settings,
         VenueFaults& faults, Deadlines deadlines, bool is_content_kept, Complain complain);

  /// A publication as clients get it.
  void check(const engine::Signal& signal);
  /// What clients would be told now. `slack_ms`: how long threads and clocks may take at the moment.
  void check_freshness(const engine::SignalStore& store, std::int64_t slack_ms);
  /// Faults ended long ago: every series must live, with the newest bar.
  void check_alive(const engine::SignalStore& store);
  /// Connections or the process ended: corrections that were under way may be lost.
  void forgive_lies();
  /// The last word about the bar that ends with that minute was lost, and nothing tells that it was (a venue
  /// without a closed flag): only the comparison with history finds it.
  void forgive_loss(core::SeriesId id, std::int64_t minute_ms);
  /// A new start of the daemon.
  void new_epoch() {
    last_sequence_.clear();
    is_valid_.clear();
  }

  /// Null: the venue has no such bar, or not yet.
  const TrueBar* true_bar(core::SeriesId id, std::int64_t ts_open_ms, int price_scale);
  /// The last bar that is over by now.
  std::int64_t newest_ms(core::SeriesId id) const;
  /// A lie about this bar or one before it may still be believed.
  bool is_lied_to(core::SeriesId id, std::int64_t ts_open_ms) const;
  /// Has waited for the disk since before its correction, which waits behind it. Not valid.
  bool has_waited(const engine::Signal& signal) const;
  /// Said again, word for word, and not as valid: a start shows where it goes on from. It was judged when it
  /// was said first, and its correction may have been lost since, or could not be fetched yet.
  bool is_repetition(const engine::Signal& signal) const;
  std::uint64_t bars_checked() const { return bars_checked_; }
  std::string name(core::SeriesId id) const;
  static bool same_bits(const Outputs& a, const Outputs& b);

 private:
  struct Reference {
    int symbol = -1;
    int price_scale = -1;
    std::optional<AnchoredState> state;
    std::int64_t next_ms = 0;
    std::map<std::int64_t, TrueBar> bars;
  };
  struct Said {
    BarTicks bar;
    Outputs outputs;
  };
  void check_open(const engine::Signal& signal);
  void check_closed(const engine::Signal& signal);
  void check_once(const engine::Signal& signal);
  void begin(Reference& reference, core::SeriesId id, int price_scale);
  void complain(const engine::Signal& signal, const std::string& what);

  const sim::LoopVenue& venue_;
  const core::Catalog& catalog_;
  const engine::SeriesSettings& settings_;
  VenueFaults& faults_;
  Deadlines deadlines_;
  bool is_content_kept_;
  Complain complain_;
  std::vector<Reference> references_;
  std::map<std::tuple<core::SeriesId, std::int64_t, std::uint32_t>, Said> said_;
  std::map<core::SeriesId, std::uint64_t> last_sequence_;
  /// From that bar on, until the anchor is behind it.
  std::vector<std::pair<core::SeriesId, std::int64_t>> forgiven_;
  std::map<core::SeriesId, bool> is_valid_;
  std::map<core::SeriesId, std::int64_t> valid_since_ms_, last_valid_ms_;
  std::uint64_t bars_checked_ = 0;
};

}  // namespace lockstep::simulation
