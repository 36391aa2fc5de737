// Series that join and leave a running daemon: asked for over the API, or listed by a venue and matching a
// pattern.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/daemon_plan.hpp"
#include "engine/series_changes.hpp"
#include "feeds/feed.hpp"

namespace lockstep::engine {

/// Decides, and is the one that adds to the catalog. Lives on the outputs thread. Nobody else is asked to do
/// anything at the same moment: what belongs to the outputs is made by `begun`, the feed hears of the series
/// after that, and its shard begins it with the first event that the feed pushes.
///
/// A series that was removed stays in the catalog, and its id with it; added again it goes on under that id.
class SeriesControl {
 public:
  /// Called on the outputs thread.
  struct Links {
    /// The series has joined the catalog and belongs to this feed: makes its places.
    std::function<void(const core::Series&, std::size_t feed)> begun;
    /// To the feed, which takes it up on its own thread, in this order.
    std::function<void(std::size_t feed, std::vector<core::SeriesId>)> add, remove;
    /// To the feed; the answer comes back on the outputs thread, or never.
    std::function<void(std::size_t feed, feeds::SymbolQuestion,
                       std::function<void(const feeds::SymbolAnswer&)>)>
        look_up;
  };
  using Done = std::function<void(const SeriesReport&)>;

  /// `plan` as this start was made from; its catalog may have been moved to `catalog`. `file`: where changes
  /// are kept; empty: nowhere.
  SeriesControl(const Config& config, core::Catalog& catalog, const SeriesPlan& plan, SeriesChanges changes,
                std::string file, Links links);

  /// Done is called once, at once or when the feed has answered.
  void change(const SeriesRequest& request, const Done& done);
  /// A feed has seen symbols that match its patterns begin to trade: they are taken at the feed's intervals,
  /// but for what was removed. They need not be kept: the next start finds them by the pattern.
  void take_new(std::size_t feed, const std::vector<std::string>& symbols);

  const SeriesChanges& changes() const { return changes_; }
  /// Since the start.
  std::uint64_t added() const { return added_; }
  std::uint64_t removed() const { return removed_; }

 private:
  void add(const SeriesRequest& request, const Done& done);
  void take(const SeriesRequest& request, const feeds::SymbolAnswer& answer, SeriesReport& report);
  void remove(const SeriesRequest& request, SeriesReport& report);
  bool begin(const SeriesName& name, std::size_t feed);
  bool is_active(core::SeriesId id) const { return !is_removed_[id]; }
  void tell_feeds();
  void keep(const SeriesChanges& before, SeriesReport& report);

  const Config& config_;
  core::Catalog& catalog_;
  std::set<SeriesName> configured_;
  SeriesChanges changes_;
  const std::string file_;
  Links links_;
  std::vector<std::size_t> feed_of_;                   // by series, for good
  std::vector<bool> is_removed_;                       // by series
  std::vector<std::vector<core::SeriesId>> to_begin_;  // by feed: to be told
  std::uint64_t added_ = 0, removed_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lockstep::engine
