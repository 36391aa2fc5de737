#include "engine/bar_log.hpp"

#include <utility>

namespace lockstep::engine {

bool BarLog::needs_chunk() const {
  return last_ == nullptr || last_->count.load(std::memory_order_relaxed) == last_->capacity;
}

void BarLog::append(const BarTicks& bar, const AnchoredState& state) {
  if (bars_max_ == 0) return;
  is_rolling_ = state.anchor().kind == Anchor::Kind::rolling;
  if (needs_chunk()) {
    // A rolling anchor finds back to itself from older bars, and its state holds many of them.
    begin_chunk(is_rolling_ ? nullptr : std::make_shared<const AnchoredState>(state),
                state.state().params().price_scale());
  }
  add(bar);
}

void BarLog::append_history(std::span<const BarTicks> bars, const AnchoredState& state) {
  if (bars_max_ == 0) return;
  for (const BarTicks& bar : bars) {
    if (needs_chunk()) begin_chunk(nullptr, state.state().params().price_scale());
    add(bar);
  }
}

void BarLog::add(const BarTicks& bar) {
  const std::size_t at = last_->count.load(std::memory_order_relaxed);
  last_->bars[at] = bar;
  last_->count.store(at + 1, std::memory_order_release);
}

void BarLog::begin_chunk(std::shared_ptr<const AnchoredState> after_first, int price_scale) {
  auto chunk = std::make_shared<Chunk>();
  chunk->price_scale = price_scale;
  chunk->after_first = std::move(after_first);
  if (last_ == nullptr) chunk->capacity = first_chunk_bars_;
  last_ = chunk.get();
  const std::lock_guard lock(mutex_);
  chunks_.push_back(std::move(chunk));
  drop_old();
}

/// The oldest chunk that stays must be one that a recompute can begin with.
void BarLog::drop_old() {
  std::size_t dropped = 0;
  for (std::size_t i = 1; i + 1 < chunks_.size() && (chunks_.size() - i - 1) * kChunkBars >= bars_max_; ++i) {
    if (is_rolling_ || chunks_[i]->after_first) dropped = i;
  }
  if (dropped == 0) return;
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(dropped));
  base_ = nullptr;
  is_cut_ = true;
}

void BarLog::clear() {
  last_ = nullptr;
  const std::lock_guard lock(mutex_);
  chunks_.clear();
  base_ = nullptr;
  is_continued_ = false;
  is_cut_ = false;
}

void BarLog::go_on(const AnchoredState& state) {
  const std::lock_guard lock(mutex_);
  is_continued_ = true;
  if (state.anchor().kind == Anchor::Kind::rolling) {
    is_cut_ = state.bars_total() > 0;
  } else {
    base_ = std::make_shared<const AnchoredState>(state);
  }
}

BarRun BarLog::read() const {
  std::vector<std::shared_ptr<Chunk>> chunks;
  BarRun run;
  {
    const std::lock_guard lock(mutex_);
    chunks.assign(chunks_.begin(), chunks_.end());
    run.base = base_;
    run.is_continued = is_continued_;
    run.is_exact = !is_cut_;
  }
  for (const auto& chunk : chunks) {
    const std::size_t count = chunk->count.load(std::memory_order_acquire);
    run.bars.insert(run.bars.end(), chunk->bars.begin(), chunk->bars.begin() + count);
  }
  if (chunks.empty()) return run;
  run.price_scale = chunks.front()->price_scale;
  if (!run.is_exact && chunks.front()->after_first && !run.bars.empty()) {
    run.base = chunks.front()->after_first;
    run.is_exact = true;
    run.bars.erase(run.bars.begin());
  }
  return run;
}

}  // namespace lockstep::engine
