// One series, three ways: live, bar by bar from the journal, and by the batch path from the journal.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/audit/difference.hpp"
#include "engine/audit/journal_walk.hpp"
#include "kernels/batch.hpp"

namespace lockstep::engine::audit {

/// What a check came to.
struct Verdict {
  std::optional<Difference> difference;  ///< the series may not be believed
  /// A batch backend that alone differs: the series is right, the backend is not.
  std::optional<Difference> backend_difference;
  std::int64_t bars = 0;  ///< recomputed by the batch path
  bool is_whole = true;   ///< false: breathe() ended it
};

/// Checks series one after the other; keeps the batch's memory and which backend it no longer trusts. One
/// thread.
class SeriesChecker {
 public:
  /// `breathe` is asked between pieces of work; false ends the check.
  /// `backend`: the one to use first; nothing: chosen from the size of the work.
  explicit SeriesChecker(std::function<bool()> breathe, std::optional<Backend> backend = std::nullopt);

  /// `held`: the live series as of after record walked.until; null: compare only with what is recorded.
  Verdict check(const WalkedSeries& walked, const LiveSeries* held);

 private:
  std::optional<Difference> compare_batch(const WalkedSeries& walked, Batch& batch, Verdict& verdict);
  std::optional<Difference> compare_recorded(const WalkedSeries& walked, const LiveSeries* held) const;
  std::optional<Difference> compare_held(const WalkedSeries& walked, const LiveSeries& held) const;

  std::function<bool()> breathe_;
  Batch batch_, scalar_;
  bool trusts_batch_ = true;
};

}  // namespace lockstep::engine::audit
