// Batch recompute: every bar of many series at once, and the states that live on from there. Cold starts,
// audits, scans and rolling anchors go through it.
//
//   std::vector<lockstep::BatchSeries> series(symbols);       // bars in, buffers out: all the caller's
//   std::vector<lockstep::BatchResult> results(symbols);
//   lockstep::Batch batch;
//   const lockstep::BatchReport report = batch.recompute(series, results);
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "incremental/state.hpp"

namespace lockstep {

/// Who can do the work, from the plainest to the fastest; each falls back to the one before it.
enum class Backend : std::uint8_t {
  scalar,  ///< AtcState::commit, bar by bar: the definition
  avx2,
  avx512,
  cuda,
};
inline constexpr int kBackends = 4;
inline constexpr std::array<std::string_view, kBackends> kBackendNames = {"scalar", "avx2", "avx512", "cuda"};

std::string_view to_string(Backend backend);
/// The backend of that name, nothing for any other text.
std::optional<Backend> parse_backend(std::string_view name);
/// Those that this machine and build have, plainest first; scalar is always there. CUDA needs a GPU as well.
std::vector<Backend> available_backends();
/// Nothing when it is available, else one sentence.
std::optional<std::string> why_not(Backend backend);
/// For a log: one sentence, once a process, when this build has CUDA kernels but the machine no GPU for them.
std::optional<std::string> missing_gpu_notice();

/// Where the outputs of one series go: buffers of the caller, any of them null when it is not wanted. Element
/// 0 of each belongs to bar first_bar, the last one to the last bar. Values: as Outputs and Detail say.
struct BatchOutputs {
  std::int64_t first_bar = 0;  ///< >= 0; bars before it give no outputs (a run-up for an anchor)
  double* average = nullptr;
  std::array<double*, kFamilies> signal{};
  std::array<double*, kFamilies> equity{};
  double* growth = nullptr;
  std::int8_t* direction = nullptr;
  TradeEvent* event = nullptr;
  // The 54 members, [kFamilies][kMembers][bars - first_bar]: 54 columns one after the other.
  double* member_average = nullptr;  ///< in price units
  std::int8_t* member_signal = nullptr;
  double* member_equity = nullptr;
};

/// One series: bars in, outputs and end state out. Nothing of it is owned; all must live until recompute()
/// returns.
struct BatchSeries {
  /// Configuration and price scale. Series of one call may differ in scale, not in configuration.
  const AtcParams* params = nullptr;
  /// Closed bars, oldest first; bar 0 is the anchor. Series of one call may have any lengths, 0 too.
  std::span<const BarTicks> bars;
  /// Instead of bars (which must be empty then): closes alone, ticks. As bars that open at 0, 1, 2 ... ms,
  /// whose open, high and low are the close.
  std::span<const std::int64_t> closes;
  BatchOutputs out;
  /// Null, or a state of the same configuration and price scale: it becomes the one that has committed every
  /// bar taken, equal to it in every byte, and its digest covers them.
  AtcState* end_state = nullptr;

  std::int64_t size() const { return static_cast<std::int64_t>(bars.empty() ? closes.size() : bars.size()); }
  BarTicks bar(std::int64_t t) const {
    const auto at = static_cast<std::size_t>(t);
    return bars.empty() ? BarTicks{t, closes[at], closes[at], closes[at], closes[at]} : bars[at];
  }
};

/// How far a series came.
struct BatchResult {
  std::int64_t bars = 0;       ///< bars taken: all of them, or those before the refused one
  Status status = Status::ok;  ///< why bar `bars` is refused, as AtcState::commit says it

  friend bool operator==(const BatchResult&, const BatchResult&) = default;
};

struct BatchOptions {
  /// The first one to try; nothing: chosen from the size of the work (kernels/cost_model.hpp). One that this
  /// machine lacks is passed over like one that fails.
  std::optional<Backend> backend;
  int threads = 0;     ///< at most so many, this thread included; 0: as many as the process may run on
  int chunk_bars = 0;  ///< bars that pass through the caches together; 0: chosen. It changes no result.
  /// CUDA: large batches of a configuration that the build has no kernel for get one compiled at run time,
  /// where NVRTC is there, and kept on disk. It changes no result. LOCKSTEP_NVRTC=off in the environment
  /// turns it off everywhere.
  bool specialise = true;

  /// For work that is the caller's own thread's alone.
  static BatchOptions on_this_thread() {
    BatchOptions options;
    options.threads = 1;
    return options;
  }
};

/// A backend that did not do the work, and why: one sentence each.
struct BackendFailure {
  Backend backend;
  std::string reason;
};

struct BatchReport {
  Backend backend = Backend::scalar;  ///< the one that did the work, all of it
  int threads = 1;                    ///< CPU threads that worked
  /// Those tried before it, in order. The results are complete and the same; log these.
  std::vector<BackendFailure> failures;
};

/// Recomputes batches; keeps the growth table and scratch memory for the next call.
///
/// Promise: bit_identical to AtcState::commit over each series, on every backend, for any number of threads,
/// chunk size
///          and company in the batch; a series that refuses a bar does not touch the others.
/// Undefined values: kUndefined, direction 0, event none; so are the outputs of a refused bar and of those
/// after it. Memory:  some 200 KiB of scratch a thread at usual lengths (8 lanes x (longest window + chunk) x
/// 100 bytes), 8 bytes
///          a bar of the longest series for growth, and what the outputs and states of the caller take.
/// Threads: one at a time in recompute(); it starts its own and joins them. Several Batch objects are
/// independent. Errors:  std::invalid_argument for a wrong call (no params, configurations that differ, an
/// end state of another
///          configuration, fewer results than series, both bars and closes, first_bar < 0); nothing is
///          written then. std::bad_alloc when even the scalar backend cannot get its memory.
class Batch {
 public:
  explicit Batch(const BatchOptions& options = {});
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// results[i] answers series[i]. Blocks until all is done.
  BatchReport recompute(std::span<const BatchSeries> series, std::span<BatchResult> results);

  const BatchOptions& options() const { return options_; }

 private:
  struct Kept;
  BatchOptions options_;
  std::unique_ptr<Kept> kept_;
};

}  // namespace lockstep
