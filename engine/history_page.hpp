// Closed bars of the past with what the indicator gave for them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/bar_log.hpp"
#include "engine/core/event.hpp"
#include "incremental/outputs.hpp"

namespace lockstep::engine {

/// What is asked for: the last `limit` closed bars of a series that open before `before_ms`.
struct HistoryQuery {
  core::SeriesId series = 0;
  std::size_t limit = 500;
  std::optional<std::int64_t> before_ms;
  bool wants_outputs = true;     ///< false: bars alone
  bool wants_averages = false;   ///< the base average of each family
  std::optional<Family> family;  ///< the nine averages of this one
};

struct HistoryRow {
  BarTicks bar;
  Outputs outputs;
  /// By family (wants_averages) or by member (family); undefined where outputs are.
  std::array<double, kMembers> average{};
  std::array<std::int8_t, kMembers> signal{};
};

struct HistoryPage {
  std::vector<HistoryRow> rows;  ///< oldest first
  int price_scale = 0;
  std::array<int, kMembers> lengths{};  ///< of the columns in `average`
  bool has_older = false;               ///< of the rows' bars, here or in the journal
  std::string problem;                  ///< not empty: there is no page, and why
};

/// Recomputes the outputs of `run` and gives the page that `query` asks for. Outputs that cannot be known for
/// sure, since older bars are missing, are undefined. A pure function.
HistoryPage make_history_page(const HistoryQuery& query, const BarRun& run,
                              std::shared_ptr<const AtcParams> params, const Anchor& anchor,
                              std::int64_t interval_ms);

}  // namespace lockstep::engine
