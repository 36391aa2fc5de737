#include "incremental/state.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "incremental/arithmetic.hpp"
#include "incremental/detail/state_block.hpp"

namespace lockstep {
namespace {

using detail::Members;
using detail::StateBlock;
using detail::Tables;

// What arithmetic.hpp claims of its two short cuts, checked for every value that they are used with.
constexpr bool hundredths_are_quotients() {
  for (int k = 0; k <= 101; ++k) {
    if (detail::hundredths(static_cast<double>(k)) != static_cast<double>(k) / 100.0) return false;
  }
  return true;
}
static_assert(hundredths_are_quotients());
constexpr double kBelowVote = std::bit_cast<double>(std::bit_cast<std::uint64_t>(detail::kVoteFrom) - 1);
static_assert(detail::round2(detail::kVoteFrom) == 0.50 && detail::round2(kBelowVote) == 0.49);
static_assert(detail::round2(-detail::kVoteFrom) == -0.50 && detail::round2(-kBelowVote) == -0.49);

constexpr std::align_val_t kAlignment{alignof(StateBlock)};

StateBlock& block_at(std::byte* memory) {
  return *std::launder(reinterpret_cast<StateBlock*>(memory));
}

std::byte* new_block(std::size_t bytes) {
  return static_cast<std::byte*>(::operator new(bytes, kAlignment));
}

void clear(const Tables& tables, std::byte* memory) {
  std::memset(memory, 0, tables.block_bytes);
  StateBlock& block = *new (memory) StateBlock;
  std::memset(static_cast<void*>(&block), 0, sizeof block);
  block.average = kUndefined;
  block.ts_last_ms = std::numeric_limits<std::int64_t>::min();
  block.last_average = kUndefined;
  block.last_growth = kUndefined;
}

void fill_detail(const Tables& tables, const Members& members, Detail& detail) {
  for (int f = 0; f < kFamilies; ++f) {
    const bool is_windowed = f == static_cast<int>(Family::hma) || f == static_cast<int>(Family::wma) ||
                             f == static_cast<int>(Family::lsma);
    for (int j = 0; j < kMembers; ++j) {
      const auto ff = static_cast<std::size_t>(f);
      const auto jj = static_cast<std::size_t>(j);
      detail.length[ff][jj] = static_cast<int>(tables.family[f].length[j]);
      double average = kUndefined;
      if (detail::has_first(members.defined, f, j)) {
        average = is_windowed
                      ? static_cast<double>(members.numerator[f][j]) / tables.family[f].report_divisor[j]
                      : members.value[f][j] / tables.price_unit;
      }
      detail.average[ff][jj] = average;
      detail.signal[ff][jj] = static_cast<std::int8_t>(detail::has_first(members.signs, f, j) -
                                                       detail::has_second(members.signs, f, j));
      detail.equity[ff][jj] = tables.enabled[f] && members.has_equity ? members.equity[j][f] : kUndefined;
    }
  }
}

/// The members of the last committed bar, read back from the state.
Members last_members(const Tables& tables, const StateBlock& block) {
  Members members{};
  for (int j = 0; j < kMembers; ++j) {
    // The ring's newest entry, lag 1 from the next bar, is the last bar's own prefix sum.
    const auto sum = [&](Family family) {
      return block.prefix -
             detail::prefix_at(tables, block, tables.family[static_cast<int>(family)].length[j] + 1);
    };
    const auto value = [&](detail::Field field) { return std::bit_cast<double>(word_of(block, field, j)); };
    if (tables.enabled[1]) {
      members.numerator[1][j] = static_cast<std::int64_t>(
          tables.is_hull ? detail::hull_of(tables, block).raw_w[j] : sum(Family::hma));
    }
    members.numerator[2][j] = static_cast<std::int64_t>(2 * word_of(block, detail::kFieldWmaW, j));
    if (tables.enabled[4]) {
      members.numerator[4][j] = static_cast<std::int64_t>(
          6 * word_of(block, detail::kFieldLsmaW, j) -
          static_cast<std::uint64_t>(tables.family[4].twice_next[j]) * sum(Family::lsma));
    }
    members.value[0][j] = value(detail::kFieldEma);
    members.value[3][j] = 2.0 * value(detail::kFieldDema1) - value(detail::kFieldDema2);
    members.value[5][j] = value(detail::kFieldKama);
  }
  std::memcpy(members.equity, block.equity, sizeof members.equity);
  std::memcpy(members.signs, block.signs, sizeof members.signs);
  detail::defined_words(tables, block.bars, members.defined);
  members.has_equity = block.bars > tables.cutout;
  return members;
}

// Bytes of a state: this header, then the block as it lies in memory.
struct Header {
  char magic[8];
  std::uint64_t version;
  std::uint64_t fingerprint;
  std::uint64_t block_bytes;
  std::uint64_t checksum;
};
static_assert(sizeof(Header) == 40);
static_assert(std::endian::native == std::endian::little, "state bytes are little endian");
constexpr char kMagic[8] = {'l', 'o', 'c', 'k', 's', 't', 'e', 'p'};
constexpr std::uint64_t kBytesVersion = 2;

std::uint64_t checksum_of(const std::byte* bytes, std::size_t size) {
  std::uint64_t hash = size;
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes + at, sizeof word);
    hash = std::rotl((hash ^ word) * 0x9e3779b97f4a7c15u, 29);
  }
  return hash;
}

/// Values that a step uses as indices are in range, whatever the checksum says.
bool is_usable(const Tables& tables, const std::byte* bytes) {
  StateBlock block;
  std::memcpy(static_cast<void*>(&block), bytes, sizeof block);
  return block.ring_head < tables.ring_size && block.bars >= 0 && block.direction >= -1 &&
         block.direction <= 1 && block.event >= 0 && block.event <= 2 && block.last_direction >= -1 &&
         block.last_direction <= 1 && block.last_event >= 0 && block.last_event <= 2 &&
         (block.bars == 0 || block.close > 0);
}

}  // namespace

const char* to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::price_not_positive:
      return "a price is not positive";
    case Status::price_out_of_range:
      return "a price is above the highest that the window sums can hold";
    case Status::bar_inconsistent:
      return "the bar is inconsistent: not low <= open, close <= high";
    case Status::time_not_increasing:
      return "the bar does not open after the one before it";
    case Status::growth_not_finite:
      return "growth is not finite: move the anchor or lower lambda";
    case Status::equity_not_finite:
      return "an equity is not finite";
  }
  return "unknown status";
}

const char* to_string(BytesStatus status) {
  switch (status) {
    case BytesStatus::ok:
      return "ok";
    case BytesStatus::too_short:
      return "too few bytes for a state of this configuration";
    case BytesStatus::not_a_state:
      return "these bytes are not a state";
    case BytesStatus::other_version:
      return "written by another version";
    case BytesStatus::other_config:
      return "written with another configuration or price scale";
    case BytesStatus::damaged:
      return "damaged: the checksum does not match";
  }
  return "unknown status";
}

void AtcState::Free::operator()(std::byte* block) const noexcept {
  ::operator delete(block, kAlignment);
}

AtcState::AtcState(std::shared_ptr<const AtcParams> params)
    : params_(std::move(params)), block_(new_block(params_->state_bytes())) {
  clear(params_->tables(), block_.get());
}

AtcState::AtcState(const AtcState& other)
    : params_(other.params_), block_(new_block(params_->state_bytes())) {
  std::memcpy(block_.get(), other.block_.get(), params_->state_bytes());
}

AtcState& AtcState::operator=(const AtcState& other) {
  if (this == &other) return *this;
  if (!block_ || params_->state_bytes() != other.params_->state_bytes()) {
    block_.reset(new_block(other.params_->state_bytes()));
  }
  params_ = other.params_;
  std::memcpy(block_.get(), other.block_.get(), params_->state_bytes());
  return *this;
}

Status AtcState::commit(const BarTicks& bar, Outputs& out) {
  const Tables& tables = params_->tables();
  return tables.step.commit(tables, block_at(block_.get()), bar, out);
}

Status AtcState::peek(const BarTicks& bar, Outputs& out) const {
  const Tables& tables = params_->tables();
  return tables.step.peek(tables, block_at(block_.get()), bar, out);
}

Status AtcState::peek(const BarTicks& bar, Outputs& out, Detail& detail) const {
  const Tables& tables = params_->tables();
  Members members{};
  const Status status = tables.step.detail(tables, block_at(block_.get()), bar, out, members);
  if (status == Status::ok) fill_detail(tables, members, detail);
  return status;
}

void AtcState::detail(Detail& detail) const {
  const Tables& tables = params_->tables();
  fill_detail(tables, last_members(tables, block_at(block_.get())), detail);
}

Outputs AtcState::last() const {
  const StateBlock& block = block_at(block_.get());
  Outputs out;
  out.average = block.last_average;
  out.growth = block.last_growth;
  if (block.bars > params_->tables().cutout) {
    for (std::size_t f = 0; f < kFamilies; ++f) {
      if (!params_->tables().enabled[f]) continue;
      out.signal[f] = block.signal[f];
      out.equity[f] = block.equity2[f];
    }
  }
  out.direction = static_cast<std::int8_t>(block.last_direction);
  out.event = static_cast<TradeEvent>(block.last_event);
  return out;
}

void AtcState::reset() {
  clear(params_->tables(), block_.get());
}

std::int64_t AtcState::bars() const {
  return block_at(block_.get()).bars;
}

std::int64_t AtcState::ts_last_ms() const {
  return block_at(block_.get()).ts_last_ms;
}

Digest AtcState::digest() const {
  return running_digest().value();
}

const RunningDigest& AtcState::running_digest() const {
  return block_at(block_.get()).digest;
}

void AtcState::set_running_digest(const RunningDigest& digest) {
  block_at(block_.get()).digest = digest;
}

std::size_t AtcState::bytes_size() const {
  return sizeof(Header) + params_->state_bytes();
}

void AtcState::to_bytes(std::span<std::byte> out) const {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kBytesVersion;
  header.fingerprint = params_->fingerprint();
  header.block_bytes = params_->state_bytes();
  header.checksum = checksum_of(block_.get(), header.block_bytes);
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.data() + sizeof header, block_.get(), header.block_bytes);
}

BytesStatus AtcState::from_bytes(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof header) return BytesStatus::too_short;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return BytesStatus::not_a_state;
  if (header.version != kBytesVersion) return BytesStatus::other_version;
  if (header.fingerprint != params_->fingerprint()) return BytesStatus::other_config;
  if (bytes.size() < bytes_size()) return BytesStatus::too_short;
  const std::byte* block = bytes.data() + sizeof header;
  if (header.block_bytes != params_->state_bytes() ||
      header.checksum != checksum_of(block, header.block_bytes) || !is_usable(params_->tables(), block)) {
    return BytesStatus::damaged;
  }
  std::memcpy(block_.get(), block, header.block_bytes);
  return BytesStatus::ok;
}

}  // namespace lockstep
