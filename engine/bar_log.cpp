#include "engine/bar_log.hpp"

namespace lockstep::engine {

void BarLog::append(const BarTicks& bar, const AnchoredState& state) {
  if (bars_max_ == 0) return;
  if (last_ == nullptr || last_->count.load(std::memory_order_relaxed) == last_->capacity) begin_chunk(state);
  const std::size_t at = last_->count.load(std::memory_order_relaxed);
  last_->bars[at] = bar;
  last_->count.store(at + 1, std::memory_order_release);
}

void BarLog::begin_chunk(const AnchoredState& state) {
  auto chunk = std::make_shared<Chunk>();
  chunk->price_scale = state.state().params().price_scale();
  // A rolling anchor finds back to itself from older bars, and its state holds many of them.
  if (state.anchor().kind != Anchor::Kind::rolling)
    chunk->after_first = std::make_shared<const AnchoredState>(state);
  if (last_ == nullptr) chunk->capacity = first_chunk_bars_;
  last_ = chunk.get();
  const std::lock_guard lock(mutex_);
  chunks_.push_back(std::move(chunk));
  while ((chunks_.size() - 2) * kChunkBars >= bars_max_ && chunks_.size() > 2) {
    chunks_.pop_front();
    base_ = nullptr;
    is_cut_ = true;
  }
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
