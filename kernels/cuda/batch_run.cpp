#include "kernels/cuda/batch_run.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/group_end.hpp"
#include "kernels/cuda/specialise.hpp"
#include "kernels/detail/scalar_backend.hpp"
#include "kernels/detail/threads.hpp"

namespace lockstep::cuda {
namespace {

using detail::BatchPlan;
using detail::BatchWork;

DevicePlan device_plan(const BatchPlan& plan) {
  DevicePlan to{};
  for (int f = 0; f < kFamilyCount; ++f) {
    const detail::FamilyPlan& family = plan.family[f];
    to.enabled |= static_cast<U32>(family.enabled) << f;
    to.start_equity2[f] = family.start_equity2;
    for (int j = 0; family.enabled && j < kMemberCount; ++j) {
      to.denominator[f][j] = family.denominator[j];
      to.alpha[f][j] = family.alpha[j];
      to.length[f][j] = static_cast<I32>(family.length[j]);
      to.first[f][j] = static_cast<I32>(family.first[j]);
    }
  }
  for (int j = 0; plan.is_hull && j < kMemberCount; ++j) {
    to.hull_half_factor[j] = plan.hull.half_factor[j];
    to.hull_full_factor[j] = plan.hull.full_factor[j];
    to.hull_half[j] = static_cast<I32>(plan.hull.half[j]);
    to.hull_root[j] = static_cast<I32>(plan.hull.root[j]);
  }
  to.divisor = plan.divisor;
  to.cutout = plan.cutout;
  to.steady_from = std::max(plan.changes_end, plan.cutout + 1);
  to.keep = plan.keep;
  to.long_threshold = plan.long_threshold;
  to.short_threshold = plan.short_threshold;
  to.is_hull = plan.is_hull;
  to.kama_from_price = plan.kama_from_price;
  to.strategy = plan.strategy;
  to.source_is_close = plan.source == Source::close;
  return to;
}

/// Series that are on the device together, all of their bars, slice by slice.
struct Piece {
  std::size_t first;  ///< in the order of the run
  std::int64_t series;
  std::int64_t groups;
  std::int64_t bars;        ///< of the longest
  std::int64_t slice_bars;  ///< at a time
  std::int64_t out_first;   ///< no series wants bars before it
};

/// What a stream is at.
struct Slot {
  const Piece* piece = nullptr;
  std::int64_t done = 0;   ///< bars of the piece that are on their way or done
  std::int64_t slice = 0;  ///< bars of the slice that is on its way
  LaunchArgs device{};
  LaunchArgs host{};  ///< the columns' places in pinned memory
};

class Run {
 public:
  Run(Device& device, Workspace& workspace, const BatchWork& work)
      : device_(device),
        workspace_(workspace),
        work_(work),
        plan_(detail::make_plan(*work.series.front().params)),
        device_plan_(device_plan(plan_)) {}

  void run() {
    sort_series();
    const std::int64_t bars_max = order_.empty() ? 0 : series_at(0).size();
    idle_ = std::make_unique<IdleEquities>(plan_.keep, bars_max - plan_.cutout);
    plan_pieces();
    if (!pieces_.empty()) {
      kernel_ = device_.kernel("any");
      steady_kernel_ = specialised_kernel(device_, work_.series.front().params->config(), work_);
      upload_growth();
      run_pieces();
    }
    finish_others();
  }

 private:
  const BatchSeries& series_at(std::size_t at) const { return work_.series[order_[at]]; }

  /// Longest first; those without bars, and those that will be refused for their growth, are not for the
  /// device.
  void sort_series() {
    for (std::size_t i = 0; i < work_.series.size(); ++i) {
      const BatchSeries& series = work_.series[i];
      has_digest_ |= series.end_state != nullptr;
      bars_max_ = std::max(bars_max_, series.size());
      if (series.out.member_average) {
        divisors_.try_emplace(series.params, detail::report_divisors(*series.params));
      }
    }
    work_.growth.reserve(plan_.rate, bars_max_ - plan_.cutout, work_.threads);
    for (std::size_t i = 0; i < work_.series.size(); ++i) {
      const std::int64_t bars = work_.series[i].size();
      const bool suits = bars > 0 && bars - plan_.cutout <= work_.growth.size();
      (suits ? order_ : others_).push_back(i);
    }
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return work_.series[a].size() > work_.series[b].size();
    });
    refused_.assign(order_.size(), 0);
    for (const std::size_t i : order_) wanted_.add(plan_, work_.series[i].out);
    words_ = input_words(plan_, has_digest_);
    const auto ring_bars = static_cast<std::uint64_t>(plan_.history + kRowsMax);
    ring_bars_ = static_cast<std::int64_t>(std::bit_ceil(ring_bars));
    rings_each_ = plan_.is_hull ? kRingsWithHull : kRings;
  }

  // ---- Memory

  std::size_t ring_bytes() const {
    return static_cast<std::size_t>(rings_each_ * ring_bars_ * kLanes) * sizeof(U64);
  }
  std::int64_t bar_bytes() const { return words_ * 8 + wanted_.bytes(); }

  /// The next piece from `first` on.
  Piece next_piece(std::size_t first, std::size_t slot_bytes) const {
    const auto left = static_cast<std::int64_t>(order_.size() - first);
    const std::size_t group_bytes = sizeof(GroupState) + ring_bytes() + kLanes * sizeof(I64);
    const std::size_t stage = std::min(kStageBytes, slot_bytes / 2);
    if (slot_bytes < stage + group_bytes + 2 * WantedColumns::kSlack) no_room(group_bytes);
    const auto groups_max = static_cast<std::int64_t>((slot_bytes - stage) / group_bytes);
    Piece piece{first, 0, 0, series_at(first).size(), 0, 0};
    const auto cells =
        static_cast<std::int64_t>(stage - std::min(stage, WantedColumns::kSlack)) / bar_bytes();
    // As many series as streams can share; whole groups but for the last one.
    const std::int64_t fair = round_up((left + kStreams - 1) / kStreams);
    const std::int64_t whole = std::min({cells / piece.bars / kLanes * kLanes, fair, groups_max * kLanes});
    piece.series = std::min(left, std::max<std::int64_t>(whole, kLanes));
    piece.groups = (piece.series + kLanes - 1) / kLanes;
    piece.slice_bars = std::min(piece.bars, cells / piece.series);
    if (work_.chunk_bars > kRowsMax)
      piece.slice_bars = std::min<std::int64_t>(piece.slice_bars, work_.chunk_bars);
    if (piece.slice_bars < 1) no_room(group_bytes + static_cast<std::size_t>(bar_bytes() * kLanes));
    piece.out_first = piece.bars;
    for (std::int64_t i = 0; i < piece.series; ++i) {
      piece.out_first =
          std::min(piece.out_first, series_at(first + static_cast<std::size_t>(i)).out.first_bar);
    }
    return piece;
  }
  static std::int64_t round_up(std::int64_t series) { return (series + kLanes - 1) / kLanes * kLanes; }
  [[noreturn]] static void no_room(std::size_t bytes) {
    throw DeviceMemoryError("not enough free memory on the device: 32 series need at least " +
                            std::to_string(bytes) + " bytes a stream");
  }

  void plan_pieces() {
    if (order_.empty()) return;
    const std::size_t growth_bytes = static_cast<std::size_t>(work_.growth.size()) * sizeof(double);
    const std::size_t free = device_.free_bytes() + workspace_.device_bytes();
    const std::size_t usable = free - free / 16;
    if (usable <= growth_bytes) no_room(growth_bytes);
    const std::size_t slot_bytes = (usable - growth_bytes) / kStreams;
    for (std::size_t first = 0; first < order_.size();) {
      pieces_.push_back(next_piece(first, slot_bytes));
      first += static_cast<std::size_t>(pieces_.back().series);
    }
    // Buffers that other work left may be in the way of larger ones.
    if (workspace_.device_bytes() > free / 2) workspace_.drop();
  }

  void upload_growth() {
    const auto bytes = static_cast<std::size_t>(work_.growth.size()) * sizeof(double);
    growth_ = reinterpret_cast<double*>(workspace_.growth.at_least(device_, std::max<std::size_t>(bytes, 8)));
    if (bytes > 0) device_.upload(0, growth_, work_.growth.data(), bytes);
    device_.wait(0);
  }

  // ---- Pieces through streams

  void run_pieces() {
    std::size_t next = 0;
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      for (int stream = 0; stream < kStreams; ++stream) {
        Slot& slot = slots_[static_cast<std::size_t>(stream)];
        if (slot.piece) {
          device_.wait(stream);
          take_slice(slot);
          if (slot.done == slot.piece->bars) finish_piece(stream, slot);
        }
        if (!slot.piece && next < pieces_.size()) begin_piece(stream, slot, pieces_[next++]);
        if (!slot.piece) continue;
        send_slice(stream, slot);
        is_busy = true;
      }
    }
  }

  SlotBuffers& buffers(int stream) { return workspace_.slot[static_cast<std::size_t>(stream)]; }

  void begin_piece(int stream, Slot& slot, const Piece& piece) {
    SlotBuffers& memory = buffers(stream);
    slot = {};
    slot.piece = &piece;
    const auto groups = static_cast<std::size_t>(piece.groups);
    const std::size_t bars_bytes = groups * kLanes * sizeof(I64);
    auto* bars = reinterpret_cast<I64*>(memory.host_bars.at_least(device_, bars_bytes));
    for (std::int64_t i = 0; i < piece.groups * kLanes; ++i) {
      bars[i] = i < piece.series ? series_at(piece.first + static_cast<std::size_t>(i)).size() : 0;
    }
    LaunchArgs& args = slot.device;
    args.plan = device_plan_;
    args.growth = growth_;
    args.bars = reinterpret_cast<I64*>(memory.bars.at_least(device_, bars_bytes));
    args.state = reinterpret_cast<GroupState*>(memory.state.at_least(device_, groups * sizeof(GroupState)));
    args.rings = reinterpret_cast<U64*>(memory.rings.at_least(device_, groups * ring_bytes()));
    args.series = piece.series;
    args.ring_mask = ring_bars_ - 1;
    args.rings_each = rings_each_;
    args.rows = work_.chunk_bars > 0 ? std::min(work_.chunk_bars, kRowsMax) : kRowsMax;
    args.words = words_;
    args.has_digest = has_digest_;
    device_.upload(stream, memory.bars.get(), bars, bars_bytes);
    device_.clear(stream, args.state, groups * sizeof(GroupState));
    device_.clear(stream, args.rings, groups * ring_bytes());
  }

  /// Bars of a series within the slice that begins at `first`.
  static std::int64_t bars_in(const BatchSeries& series, std::int64_t first, std::int64_t count) {
    return std::clamp<std::int64_t>(series.size() - first, 0, count);
  }

  void for_each_series(const Piece& piece, const std::function<void(std::int64_t)>& task) {
    detail::for_each_task(work_.threads, piece.series, [&](int, std::int64_t i) { task(i); });
  }

  void send_slice(int stream, Slot& slot) {
    const Piece& piece = *slot.piece;
    SlotBuffers& memory = buffers(stream);
    const std::int64_t first = slot.done;
    slot.slice = std::min(piece.slice_bars, piece.bars - first);
    const auto in_bytes = static_cast<std::size_t>(piece.series * slot.slice * words_) * sizeof(I64);
    auto* words = reinterpret_cast<std::int64_t*>(memory.host_input.at_least(device_, in_bytes));
    for_each_series(piece, [&](std::int64_t i) {
      const std::size_t at = piece.first + static_cast<std::size_t>(i);
      const std::int64_t count = bars_in(series_at(at), first, slot.slice);
      if (!pack_bars(plan_, series_at(at), first, count, has_digest_, words + i * slot.slice * words_))
        refused_[at] = 1;
    });
    LaunchArgs& args = slot.device;
    args.input = reinterpret_cast<I64*>(memory.input.at_least(device_, in_bytes));
    args.input_first = first;
    args.input_bars = slot.slice;
    args.out_first = std::max(first, piece.out_first);
    args.out_bars = std::max<std::int64_t>(0, first + slot.slice - args.out_first);
    slot.host = args;
    const std::size_t out_bytes =
        args.out_bars == 0 ? 0
                           : static_cast<std::size_t>(piece.series * args.out_bars * wanted_.bytes()) +
                                 WantedColumns::kSlack;
    const WantedColumns columns = args.out_bars == 0 ? WantedColumns{} : wanted_;
    columns.place(memory.output.at_least(device_, std::max<std::size_t>(out_bytes, 64)), args);
    columns.place(memory.host_output.at_least(device_, std::max<std::size_t>(out_bytes, 64)), slot.host);
    device_.upload(stream, memory.input.get(), words, in_bytes);
    launch(stream, args, first, slot.slice);
    if (out_bytes > 0) device_.download(stream, memory.host_output.get(), memory.output.get(), out_bytes);
    slot.done += slot.slice;
    if (slot.done == piece.bars) fetch_state(stream, piece);
  }

  /// The bars before every chain is in its steady recurrence have a kernel of their own.
  void launch(int stream, LaunchArgs& args, std::int64_t first, std::int64_t count) {
    const std::int64_t end = first + count;
    const std::int64_t steady =
        steady_kernel_ ? std::clamp<std::int64_t>(device_plan_.steady_from, first, end) : end;
    const std::int64_t groups = (args.series + kLanes - 1) / kLanes;
    args.first = first;
    args.count = steady - first;
    if (args.count > 0) device_.launch(stream, kernel_, groups, args);
    args.first = steady;
    args.count = end - steady;
    if (args.count > 0) device_.launch(stream, steady_kernel_, groups, args);
  }

  void fetch_state(int stream, const Piece& piece) {
    SlotBuffers& memory = buffers(stream);
    const auto groups = static_cast<std::size_t>(piece.groups);
    const std::size_t state_bytes = groups * sizeof(GroupState);
    device_.download(stream, memory.host_state.at_least(device_, state_bytes), memory.state.get(),
                     state_bytes);
    if (!has_digest_) return;
    const std::size_t bytes = groups * ring_bytes();
    device_.download(stream, memory.host_rings.at_least(device_, bytes), memory.rings.get(), bytes);
  }

  void take_slice(const Slot& slot) {
    const Piece& piece = *slot.piece;
    const std::int64_t first = slot.done - slot.slice;
    for_each_series(piece, [&](std::int64_t i) {
      const BatchSeries& series = series_at(piece.first + static_cast<std::size_t>(i));
      const OutputContext context{plan_, work_.growth.data(),
                                  series.out.member_average ? &divisors_.at(series.params) : nullptr};
      unpack_columns(context, slot.host, i, series, first, slot.done);
    });
  }

  void finish_piece(int stream, Slot& slot) {
    const Piece& piece = *slot.piece;
    const SlotBuffers& memory = buffers(stream);
    const auto* states = reinterpret_cast<const GroupState*>(memory.host_state.get());
    const auto* rings = reinterpret_cast<const U64*>(memory.host_rings.get());
    for_each_series(piece, [&](std::int64_t i) {
      const std::size_t at = piece.first + static_cast<std::size_t>(i);
      const std::int64_t group = i / kLanes;
      const int lane = static_cast<int>(i % kLanes);
      const BatchSeries& series = series_at(at);
      BatchResult& result = work_.results[order_[at]];
      if (refused_[at] || is_refused(states[group], lane)) {
        result = detail::recompute_scalar(series);
        return;
      }
      result = {series.size(), Status::ok};
      if (!series.end_state) return;
      const GroupEnd end{states[group], rings + static_cast<std::size_t>(group) * ring_bytes() / sizeof(U64),
                         ring_bars_ - 1};
      set_end_state(plan_, work_.growth, *idle_, end, lane, series);
    });
    slot = {};
  }

  void finish_others() {
    detail::for_each_task(work_.threads, static_cast<std::int64_t>(others_.size()), [&](int, std::int64_t i) {
      const std::size_t at = others_[static_cast<std::size_t>(i)];
      work_.results[at] = detail::recompute_scalar(work_.series[at]);
    });
  }

  Device& device_;
  Workspace& workspace_;
  const BatchWork& work_;
  BatchPlan plan_;
  DevicePlan device_plan_;
  WantedColumns wanted_;
  bool has_digest_ = false;
  int words_ = 0;
  int rings_each_ = 0;
  std::int64_t bars_max_ = 0;
  std::int64_t ring_bars_ = 0;
  std::vector<std::size_t> order_;     ///< for the device
  std::vector<std::size_t> others_;    ///< for the host
  std::vector<std::uint8_t> refused_;  ///< by place in order_
  std::map<const AtcParams*, detail::ReportDivisors> divisors_;
  std::unique_ptr<IdleEquities> idle_;
  std::vector<Piece> pieces_;
  std::array<Slot, kStreams> slots_{};
  const void* kernel_ = nullptr;
  const void* steady_kernel_ = nullptr;  ///< null: kernel_ takes these bars too
  double* growth_ = nullptr;
};

}  // namespace

void run_batch(Device& device, Workspace& workspace, const BatchWork& work) {
  device.enter();
  try {
    Run(device, workspace, work).run();
  } catch (...) {
    // Transfers may still be on their way to memory that others will use.
    device.abandon();
    throw;
  }
}

}  // namespace lockstep::cuda
