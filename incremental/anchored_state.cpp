#include "incremental/anchored_state.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace lockstep {
namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b < 0);
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  return a - floor_divide(a, b) * b;
}

/// In front of a state's bytes.
struct Header {
  std::int64_t kind, time_ms, bars, step, interval_ms;  // the rule
  std::int64_t bars_total, ts_anchor_ms;
  std::uint64_t run_bytes;
};

std::int64_t months_since_1970(std::int64_t ts_ms) {
  const std::chrono::sys_days day{std::chrono::days{floor_divide(ts_ms, 86'400'000)}};
  const std::chrono::year_month_day date{day};
  return (static_cast<int>(date.year()) - 1970) * std::int64_t{12} + static_cast<unsigned>(date.month()) - 1;
}

}  // namespace

std::int64_t grid_index(std::int64_t ts_open_ms, std::int64_t interval_ms, std::int64_t step) {
  if (interval_ms == kCalendarMonth) return floor_divide(months_since_1970(ts_open_ms), step);
  return floor_divide(ts_open_ms, step * interval_ms);
}

AnchoredState::AnchoredState(std::shared_ptr<const AtcParams> params, const Anchor& anchor,
                             std::int64_t interval_ms)
    : anchor_(anchor), interval_ms_(interval_ms), current_(params), next_(std::move(params)) {
  if (anchor_.kind == Anchor::Kind::rolling) ring_.resize(static_cast<std::size_t>(anchor_.bars));
}

void AnchoredState::reset() {
  current_.reset();
  next_first_ = -1;
  next_done_ = 0;
  bars_total_ = 0;
  is_prepared_ = true;
  ts_anchor_ms_ = INT64_MIN;
}

std::int64_t AnchoredState::history_bars(const Anchor& anchor) {
  // The last grid line lies up to `step` bars back, and its run starts `bars` before that.
  return anchor.kind == Anchor::Kind::rolling ? anchor.bars + anchor.step : 0;
}

bool AnchoredState::is_before_anchor(const BarTicks& bar) const {
  return anchor_.kind == Anchor::Kind::time && bar.ts_open_ms < anchor_.time_ms;
}

bool AnchoredState::starts_new_run(std::int64_t ts_open_ms) const {
  // With N bars or fewer the new run would start at the first bar, where the present one started.
  if (anchor_.kind != Anchor::Kind::rolling || bars_total_ <= anchor_.bars) return false;
  return grid_index(ts_open_ms, interval_ms_, anchor_.step) !=
         grid_index(current_.ts_last_ms(), interval_ms_, anchor_.step);
}

Status AnchoredState::advance_next(std::int64_t steps) {
  Outputs ignored;
  for (; steps > 0 && next_done_ < bars_total_; --steps, ++next_done_) {
    const Status status = next_.commit(held(next_done_), ignored);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

void AnchoredState::begin_next(std::int64_t first) {
  if (next_first_ == first) return;
  next_.reset();
  next_first_ = first;
  next_done_ = first;
}

Status AnchoredState::build_next() {
  begin_next(bars_total_ - anchor_.bars);
  return advance_next(bars_total_);
}

std::int64_t AnchoredState::bars_to_come() const {
  const std::int64_t last_ms = current_.ts_last_ms();
  const std::int64_t place =
      interval_ms_ == kCalendarMonth ? months_since_1970(last_ms) : floor_divide(last_ms, interval_ms_);
  return anchor_.step - 1 - floor_modulo(place, anchor_.step);
}

AnchoredState::Share AnchoredState::share() const {
  if (anchor_.kind != Anchor::Kind::rolling || bars_total_ == 0) return {};
  // If a bar proves missing, build_next() starts over.
  const std::int64_t to_come = bars_to_come();
  const std::int64_t first = bars_total_ + to_come - anchor_.bars;
  if (first < 0 || first >= bars_total_) return {};
  const std::int64_t done = next_first_ == first ? next_done_ : first;
  const std::int64_t work = bars_total_ + to_come - done;
  return {first, std::min((work + to_come) / (to_come + 1), bars_total_ - done)};
}

void AnchoredState::prepare() {
  if (is_prepared_) return;
  is_prepared_ = true;
  const auto [first, bars] = share();
  if (bars == 0) return;
  begin_next(first);
  (void)advance_next(bars);  // a refusal is met again, and reported, where the run is needed
}

std::int64_t AnchoredState::postponed_bars() const {
  return is_prepared_ ? 0 : share().bars;
}

bool AnchoredState::is_before_new_run() const {
  return anchor_.kind == Anchor::Kind::rolling && bars_total_ > anchor_.bars && bars_to_come() == 0;
}

void AnchoredState::begin_next_run(std::vector<BarTicks>& bars, AtcState*& state) {
  bars.clear();
  state = &next_;
  const auto [first, count] = share();
  if (count == 0) return;
  next_first_ = first;
  for (std::int64_t i = first; i < bars_total_; ++i) bars.push_back(held(i));
}

AtcState* AnchoredState::begin_history(std::span<const BarTicks>& bars) {
  if (anchor_.kind == Anchor::Kind::rolling || bars_total_ > 0) return nullptr;
  while (!bars.empty() && is_before_anchor(bars.front())) bars = bars.subspan(1);
  return &current_;
}

void AnchoredState::end_history(std::span<const BarTicks> taken) {
  if (taken.empty()) return;
  bars_total_ = static_cast<std::int64_t>(taken.size());
  ts_anchor_ms_ = taken.front().ts_open_ms;
}

template <class... DetailSink>
Status AnchoredState::peek_run(const BarTicks& bar, Outputs& out, DetailSink&... detail) {
  if (is_before_anchor(bar)) {
    out = Outputs{};
    return Status::ok;
  }
  if (!starts_new_run(bar.ts_open_ms)) return current_.peek(bar, out, detail...);
  if (const Status status = build_next(); status != Status::ok) return status;
  return next_.peek(bar, out, detail...);
}

Status AnchoredState::peek(const BarTicks& bar, Outputs& out) {
  return peek_run(bar, out);
}

Status AnchoredState::peek(const BarTicks& bar, Outputs& out, Detail& detail) {
  detail = Detail{};
  return peek_run(bar, out, detail);
}

Status AnchoredState::commit(const BarTicks& bar, Outputs& out) {
  if (is_before_anchor(bar)) {
    out = Outputs{};
    return Status::ok;
  }
  prepare();
  if (starts_new_run(bar.ts_open_ms)) {
    if (const Status status = commit_to_next(bar, out); status != Status::ok) return status;
  } else {
    if (const Status status = current_.commit(bar, out); status != Status::ok) return status;
    if (bars_total_ == 0) ts_anchor_ms_ = bar.ts_open_ms;
  }
  if (anchor_.kind == Anchor::Kind::rolling) {
    ring_[static_cast<std::size_t>(bars_total_ % anchor_.bars)] = bar;
    ++bars_total_;
    is_prepared_ = false;
  } else {
    ++bars_total_;
  }
  return Status::ok;
}

Status AnchoredState::commit_to_next(const BarTicks& bar, Outputs& out) {
  if (const Status status = build_next(); status != Status::ok) return status;
  const RunningDigest own = next_.running_digest();
  next_.set_running_digest(current_.running_digest());
  if (const Status status = next_.commit(bar, out); status != Status::ok) {
    next_.set_running_digest(own);
    return status;
  }
  ts_anchor_ms_ = held(next_first_).ts_open_ms;
  std::swap(current_, next_);
  next_first_ = -1;
  return Status::ok;
}

void AnchoredState::to_bytes(std::vector<std::byte>& out) const {
  const Header header{static_cast<std::int64_t>(anchor_.kind),
                      anchor_.time_ms,
                      anchor_.bars,
                      anchor_.step,
                      interval_ms_,
                      bars_total_,
                      ts_anchor_ms_,
                      current_.bytes_size()};
  const std::int64_t bars_held = std::min(bars_total_, static_cast<std::int64_t>(ring_.size()));
  std::size_t at = out.size();
  out.resize(at + sizeof header + header.run_bytes + static_cast<std::size_t>(bars_held) * sizeof(BarTicks));
  std::memcpy(out.data() + at, &header, sizeof header);
  at += sizeof header;
  current_.to_bytes(std::span(out).subspan(at, header.run_bytes));
  at += header.run_bytes;
  for (std::int64_t i = bars_total_ - bars_held; i < bars_total_; ++i, at += sizeof(BarTicks))
    std::memcpy(out.data() + at, &held(i), sizeof(BarTicks));
}

BytesStatus AnchoredState::from_bytes(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof header) return BytesStatus::too_short;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.kind != static_cast<std::int64_t>(anchor_.kind) || header.time_ms != anchor_.time_ms ||
      header.bars != anchor_.bars || header.step != anchor_.step || header.interval_ms != interval_ms_) {
    return BytesStatus::other_config;
  }
  const std::int64_t bars_held = std::min(header.bars_total, static_cast<std::int64_t>(ring_.size()));
  if (header.run_bytes != current_.bytes_size()) return BytesStatus::other_config;
  if (header.bars_total < 0 || bytes.size() != sizeof header + header.run_bytes +
                                                   static_cast<std::size_t>(bars_held) * sizeof(BarTicks)) {
    return BytesStatus::damaged;
  }
  AtcState run(current_.shared_params());
  const BytesStatus status = run.from_bytes(bytes.subspan(sizeof header, header.run_bytes));
  if (status != BytesStatus::ok) return status;
  std::vector<BarTicks> bars(static_cast<std::size_t>(bars_held));
  if (!bars.empty())
    std::memcpy(bars.data(), bytes.data() + sizeof header + header.run_bytes, bars.size() * sizeof(BarTicks));
  if (!bars.empty() && bars.back().ts_open_ms != run.ts_last_ms()) return BytesStatus::damaged;
  current_ = std::move(run);
  next_first_ = -1;
  next_done_ = 0;
  bars_total_ = header.bars_total;
  ts_anchor_ms_ = header.ts_anchor_ms;
  is_prepared_ = true;
  for (std::size_t i = 0; i < bars.size(); ++i)
    ring_[static_cast<std::size_t>((bars_total_ - bars_held + static_cast<std::int64_t>(i)) % anchor_.bars)] =
        bars[i];
  return BytesStatus::ok;
}

}  // namespace lockstep
