#include "engine/audit/series_check.hpp"

#include <algorithm>
#include <array>

#include "engine/audit/words.hpp"
#include "kernels/anchored_runs.hpp"

namespace lockstep::engine::audit {
namespace {

/// Runs of a rolling anchor that are recomputed together: about a millisecond of work.
constexpr std::size_t kRunsAtOnce = 8;

Difference make_difference(const WalkedSeries& walked, std::string found_in, std::string against,
                           std::int64_t bar, const WordDifference& words) {
  Difference d;
  d.series = walked.name;
  d.found_in = std::move(found_in);
  d.against = std::move(against);
  d.bar = bar;
  const auto count = static_cast<std::int64_t>(walked.bars.size());
  if (count > 0) d.ts_open_ms = walked.bars[static_cast<std::size_t>(std::min(bar, count - 1))].ts_open_ms;
  d.field = words.field;
  d.expected = words.expected;
  d.actual = words.actual;
  if (walked.replayed->indicator() != nullptr)
    d.price_scale = walked.replayed->indicator()->state().params().price_scale();
  d.inputs = inputs_of(walked.bars, std::min(bar, count - 1));
  d.wrong_from_ms = bar < count ? d.ts_open_ms : walked.replayed->expected_ms().value_or(INT64_MAX);
  return d;
}

WordDifference words_of_digests(const Digest& expected, const Digest& actual) {
  if (expected.low != actual.low) return {"digest, low half", expected.low, actual.low};
  return {"digest, high half", expected.high, actual.high};
}

/// Columns of some runs that follow each other.
class Columns {
 public:
  Columns(const AtcParams& params, std::span<const BarTicks> bars, std::span<const AnchoredRun> runs)
      : first_(runs.front().outputs) {
    const auto size = static_cast<std::size_t>(runs.back().end - first_);
    for (auto* column : {&average_, &growth_}) column->assign(size, kUndefined);
    for (std::size_t f = 0; f < kFamilies; ++f) {
      signal_[f].assign(size, kUndefined);
      equity_[f].assign(size, kUndefined);
    }
    direction_.resize(size);
    event_.resize(size);
    for (const AnchoredRun& run : runs) {
      BatchSeries& each = series.emplace_back();
      const auto at = run.outputs - first_;
      each.params = &params;
      each.bars =
          bars.subspan(static_cast<std::size_t>(run.first), static_cast<std::size_t>(run.end - run.first));
      each.out.first_bar = run.outputs - run.first;
      each.out.average = average_.data() + at;
      each.out.growth = growth_.data() + at;
      for (std::size_t f = 0; f < kFamilies; ++f) {
        each.out.signal[f] = signal_[f].data() + at;
        each.out.equity[f] = equity_[f].data() + at;
      }
      each.out.direction = direction_.data() + at;
      each.out.event = event_.data() + at;
    }
  }
  Outputs at(std::int64_t bar) const {
    const auto i = static_cast<std::size_t>(bar - first_);
    Outputs out;
    out.average = average_[i];
    out.growth = growth_[i];
    out.direction = direction_[i];
    out.event = event_[i];
    for (std::size_t f = 0; f < kFamilies; ++f) {
      out.signal[f] = signal_[f][i];
      out.equity[f] = equity_[f][i];
    }
    return out;
  }

  std::vector<BatchSeries> series;

 private:
  std::int64_t first_;
  std::vector<double> average_, growth_;
  std::array<std::vector<double>, kFamilies> signal_, equity_;
  std::vector<std::int8_t> direction_;
  std::vector<TradeEvent> event_;
};

/// Where a batch can begin to be compared, and the digest up to there.
struct CompareFrom {
  std::size_t run = 0;
  std::int64_t bar = 0;
  RunningDigest digest;
};

/// Bars before a snapshot are gone: the run that they belong to cannot be recomputed, the ones after it can.
std::optional<CompareFrom> compare_from(const WalkedSeries& walked, const std::vector<AnchoredRun>& runs) {
  if (runs.empty()) return std::nullopt;
  if (walked.has_beginning) return CompareFrom{0, runs.front().outputs, {}};
  constexpr auto kEvery = static_cast<std::int64_t>(WalkedSeries::kMarkEvery);
  for (std::size_t m = 0; m < walked.marks.size() && runs.size() > 1; ++m) {
    const std::int64_t bar = (static_cast<std::int64_t>(m) + 1) * kEvery;
    if (bar < runs[1].outputs) continue;
    const auto run =
        std::find_if(runs.begin(), runs.end(), [&](const AnchoredRun& r) { return r.end > bar; });
    if (run == runs.end()) return std::nullopt;
    return CompareFrom{static_cast<std::size_t>(run - runs.begin()), bar, walked.marks[m]};
  }
  return std::nullopt;
}

BatchOptions one_thread(std::optional<Backend> backend) {
  BatchOptions options = BatchOptions::on_this_thread();
  options.backend = backend;
  return options;
}

/// What a state that takes the bars one by one gives for bar `bar`.
std::optional<Outputs> incremental_at(const WalkedSeries& walked, std::int64_t bar) {
  AnchoredState state(walked.replayed->indicator()->state().shared_params(),
                      walked.replayed->indicator()->anchor(), walked.interval_ms);
  Outputs out;
  for (std::int64_t t = 0; t <= bar; ++t) {
    if (state.commit(walked.bars[static_cast<std::size_t>(t)], out) != Status::ok) return std::nullopt;
  }
  return out;
}

}  // namespace

SeriesChecker::SeriesChecker(std::function<bool()> breathe, std::optional<Backend> backend)
    : breathe_(std::move(breathe)), batch_(one_thread(backend)), scalar_(one_thread(Backend::scalar)) {}

/// The batch path against the path bar by bar, both from the journal's bars.
std::optional<Difference> SeriesChecker::compare_batch(const WalkedSeries& walked, Batch& batch,
                                                       Verdict& verdict) {
  const AnchoredState& indicator = *walked.replayed->indicator();
  const AtcParams& params = indicator.state().params();
  const auto runs = anchored_runs(walked.bars, indicator.anchor(), walked.interval_ms);
  const auto from = compare_from(walked, runs);
  if (!from) return std::nullopt;
  RunningDigest digest = from->digest;
  AtcState end_state(indicator.state().shared_params());
  std::string name;
  for (std::size_t r = from->run; r < runs.size(); r += kRunsAtOnce) {
    if (!breathe_()) {
      verdict.is_whole = false;
      return std::nullopt;
    }
    const auto some = std::span(runs).subspan(r, std::min(kRunsAtOnce, runs.size() - r));
    Columns columns(params, walked.bars, some);
    if (r + some.size() == runs.size()) columns.series.back().end_state = &end_state;
    std::vector<BatchResult> results(some.size());
    name = to_string(batch.recompute(columns.series, results).backend);
    for (std::int64_t t = std::max(from->bar, some.front().outputs); t < some.back().end; ++t) {
      const auto at = static_cast<std::size_t>(t);
      const Outputs out = columns.at(t);
      digest.add(walked.bars[at], out);
      ++verdict.bars;
      if (digest.value() == walked.digests[at]) continue;
      const auto expected = incremental_at(walked, t);
      const auto words = expected ? first_difference(*expected, out) : std::nullopt;
      return make_difference(walked, "batch " + name, "bar by bar", t,
                             words.value_or(words_of_digests(walked.digests[at], digest.value())));
    }
  }
  end_state.set_running_digest(digest);
  if (const auto words = first_difference(indicator.state(), end_state))
    return make_difference(walked, "batch " + name + " end state", "bar by bar",
                           static_cast<std::int64_t>(walked.bars.size()), *words);
  return std::nullopt;
}

/// The live digests that the journal holds against those that its bars give.
std::optional<Difference> SeriesChecker::compare_recorded(const WalkedSeries& walked,
                                                          const LiveSeries* held) const {
  if (!walked.difference) return std::nullopt;
  const RecordedDifference& found = *walked.difference;
  WordDifference words = words_of_digests(found.replayed, found.recorded);
  // The digest says only that something was wrong. What it was is known while the live run still holds it.
  const auto bar = static_cast<std::int64_t>(found.bar);
  std::string found_in = "recorded digest";
  if (held != nullptr && held->last_closed().bar.ts_open_ms != 0 && found.bar < walked.bars.size() &&
      held->last_closed().bar == walked.bars[found.bar]) {
    const auto expected = incremental_at(walked, bar);
    const auto output = expected && walked.has_beginning
                            ? first_difference(*expected, held->last_closed().outputs)
                            : std::nullopt;
    if (output) {
      words = *output;
      found_in = "live output";
    }
  }
  Difference d = make_difference(walked, found_in, "the batch path over the journal's bars", bar, words);
  d.record = found.record;
  return d;
}

std::optional<Difference> SeriesChecker::compare_held(const WalkedSeries& walked,
                                                      const LiveSeries& held) const {
  const auto end = static_cast<std::int64_t>(walked.bars.size());
  const AnchoredState* const now = held.indicator();
  const AnchoredState* const then = walked.replayed->indicator();
  const auto differs = [&](const char* what, std::int64_t bar, const WordDifference& words) {
    Difference d = make_difference(walked, what, "the batch path over the journal's bars", bar, words);
    d.record = walked.until;
    return d;
  };
  if ((now == nullptr) != (then == nullptr))
    return differs("live state", end, {"has an indicator", then != nullptr, now != nullptr});
  const Signal& closed = held.last_closed();
  const Signal& expected = walked.replayed->last_closed();
  if (closed.bar != expected.bar)
    return differs("last published bar", end - 1,
                   {"ts_open_ms", static_cast<std::uint64_t>(expected.bar.ts_open_ms),
                    static_cast<std::uint64_t>(closed.bar.ts_open_ms)});
  if (const auto words = first_difference(expected.outputs, closed.outputs))
    return differs("live output", end - 1, *words);
  if (now == nullptr) return std::nullopt;
  if (const auto words = first_difference(then->state(), now->state()))
    return differs("live state", end, *words);
  std::vector<std::byte> want, have;
  then->to_bytes(want);
  now->to_bytes(have);
  if (want == have) return std::nullopt;
  const auto at = std::mismatch(want.begin(), want.end(), have.begin(), have.end()).first - want.begin();
  return differs("live state", end, {"held bars, byte " + std::to_string(at), want.size(), have.size()});
}

Verdict SeriesChecker::check(const WalkedSeries& walked, const LiveSeries* held) {
  Verdict verdict;
  if (!walked.is_found || !walked.replayed) return verdict;
  if (walked.replayed->indicator() != nullptr && !walked.bars.empty()) {
    auto found = compare_batch(walked, trusts_batch_ ? batch_ : scalar_, verdict);
    if (found && trusts_batch_) {
      // One of two is wrong; the plainest backend says which.
      const std::int64_t bars = verdict.bars;
      auto again = compare_batch(walked, scalar_, verdict);
      verdict.bars = bars;
      if (!again && verdict.is_whole) {
        trusts_batch_ = false;
        verdict.backend_difference = std::move(found);
        found.reset();
      }
    }
    if (found) verdict.difference = std::move(found);
  }
  if (!verdict.is_whole) return verdict;
  if (auto recorded = compare_recorded(walked, held)) verdict.difference = std::move(recorded);
  if (!verdict.difference && held != nullptr) verdict.difference = compare_held(walked, *held);
  return verdict;
}

}  // namespace lockstep::engine::audit
