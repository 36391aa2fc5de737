#include "engine/journal/writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/defence.hpp"
#include "engine/thread_name.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::engine::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kPendingBytesMax = 64 << 20;
constexpr std::size_t kSpareMax = 64;
/// Between attempts while the disk is full.
constexpr milliseconds kRetry{100};

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

std::int64_t wall_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::size_t Port::begin() {
  const std::size_t at = batch_.size();
  batch_.resize(at + sizeof(std::uint32_t));
  return at;
}

std::uint64_t Port::end(std::size_t at) {
  const auto length = static_cast<std::uint32_t>(batch_.size() - at - sizeof(std::uint32_t));
  std::memcpy(batch_.data() + at, &length, sizeof length);
  return ++ticket_;
}

void Port::append_bytes(RecordType type, std::uint32_t series, std::span<const std::byte> state) {
  const std::size_t at = begin();
  batch_.push_back(static_cast<std::byte>(type));
  const auto id = std::as_bytes(std::span(&series, 1));
  batch_.insert(batch_.end(), id.begin(), id.end());
  batch_.insert(batch_.end(), state.begin(), state.end());
  end(at);
  --ticket_;
}

void Port::flush() {
  if (!batch_.empty()) writer_.hand_over(*this);
}

bool Port::is_blocked() const {
  return writer_.is_blocked();
}

Writer::Writer(Storage& storage, std::string folder, const JournalConfig& config,
               const WriterPosition& position, WriterHooks hooks)
    : storage_(storage),
      folder_(std::move(folder)),
      config_(config),
      hooks_(std::move(hooks)),
      chain_(position.chain),
      synced_sequence_(position.sequence - 1),
      synced_at_(steady_clock::now()),
      segment_(position.segment),
      next_sequence_(position.sequence) {
  header_.journal = position.journal;
}

Writer::~Writer() {
  stop();
}

Port& Writer::add_port() {
  ports_.push_back(std::make_unique<Port>(*this));
  return *ports_.back();
}

void Writer::hand_over(Port& port) {
  pending_bytes_.fetch_add(port.batch_.size(), std::memory_order_relaxed);
  bool is_asleep = false;
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back({&port, std::move(port.batch_), port.ticket_});
    if (spare_.empty()) {
      port.batch_ = {};
    } else {
      port.batch_ = std::move(spare_.back());
      spare_.pop_back();
    }
    is_asleep = std::exchange(is_waiting_, false);
  }
  if (is_asleep) wake_.notify_one();
}

bool Writer::is_blocked() const {
  return is_stalled() || pending_bytes_.load(std::memory_order_relaxed) > kPendingBytesMax;
}

void Writer::start() {
  thread_ = std::thread([this] {
    name_thread("journal");
    run();
  });
}

bool Writer::is_sync_due() const {
  return is_unsynced_ && config_.fsync == FsyncPolicy::interval &&
         steady_clock::now() - synced_at_ >= milliseconds(config_.fsync_ms);
}

/// False when there is nothing left and no more will come.
bool Writer::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (!pending_.empty()) return true;
  if (is_stopping_) return false;
  is_waiting_ = true;
  const auto has_work = [&] { return !pending_.empty() || is_stopping_; };
  if (is_unsynced_ && config_.fsync == FsyncPolicy::interval) {
    wake_.wait_until(lock, synced_at_ + milliseconds(config_.fsync_ms), has_work);
  } else {
    wake_.wait(lock, has_work);
  }
  is_waiting_ = false;
  return true;
}

void Writer::run() {
  while (group_.empty() ? wait_for_work() : true) {
    const Step result = step();
    if (result == Step::failed) return;
    if (result == Step::stalled) {
      std::unique_lock lock(mutex_);
      if (is_stopping_) return;
      wake_.wait_for(lock, kRetry, [&] { return is_stopping_.load(); });
    }
    if (is_sync_due() && !sync_now()) return;
  }
  write_stop();
}

bool Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  return !has_failed() && !is_stalled();
}

bool Writer::wait_done(milliseconds patience) const {
  const auto deadline = steady_clock::now() + patience;
  while (pending_bytes_ > 0 && !is_stalled()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return !is_stalled();
}

bool Writer::take_pending() {
  const std::lock_guard lock(mutex_);
  group_.swap(pending_);
  return !group_.empty();
}

Writer::Step Writer::step() {
  if (has_failed()) return Step::failed;
  if (group_.empty()) {
    if (!take_pending()) return Step::idle;
    busy_since_ns_.store(feeds::net::monotonic_ns(), std::memory_order_release);
    for (const Batch& batch : group_) frame(batch.bytes);
  }
  const Step result = write_group();
  if (result == Step::written) {
    note_durable();
    busy_since_ns_.store(0, std::memory_order_release);
  }
  return result;
}

void Writer::frame(std::span<const std::byte> batch) {
  while (!batch.empty()) {
    std::uint32_t length = 0;
    std::memcpy(&length, batch.data(), sizeof length);
    frame_payload(batch.subspan(sizeof length, length));
    batch = batch.subspan(sizeof length + length);
  }
}

void Writer::frame_payload(std::span<const std::byte> payload) {
  const std::uint64_t sequence = next_sequence_.load(std::memory_order_relaxed);
  const auto type = static_cast<RecordType>(payload[0]);
  if (type == RecordType::state || type == RecordType::held) {
    std::uint32_t series = 0;
    std::memcpy(&series, payload.data() + 1, sizeof series);
    if (type == RecordType::state)
      must_sync_ = LOCKSTEP_DEFENCE(sync_before_snapshot);  // a snapshot never knows more than the disk
    const auto& hook = type == RecordType::state ? hooks_.on_state : hooks_.on_held;
    if (hook) hook(series, sequence - 1, payload.subspan(1 + sizeof series));
    return;
  }
  RecordHeader header;
  header.length = static_cast<std::uint32_t>(payload.size());
  header.sequence = sequence;
  header.chain = chain_;
  header.unsynced =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(sequence - synced_sequence_, UINT32_MAX));
  // The segment that it goes to is known: a group never spans two.
  if (!file_ && bytes_.empty()) {
    header_.segment = segment_.load(std::memory_order_relaxed);
    header_.first_sequence = sequence;
    header_.chain = chain_;
    header_.ts_created_ms = wall_ms();
    header_.checksum = checksum_of(header_);
  }
  header.checksum = checksum_of(header, payload, header_.checksum);
  const auto head = std::as_bytes(std::span(&header, 1));
  bytes_.insert(bytes_.end(), head.begin(), head.end());
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  chain_ = header.checksum;
  next_sequence_.store(sequence + 1, std::memory_order_release);
  records_.fetch_add(1, std::memory_order_relaxed);
}

std::string Writer::path() const {
  SegmentFile file;
  file.number = header_.segment;
  file.first_sequence = header_.first_sequence;
  return folder_ + "/" + file.name();
}

/// A segment's header is on the disk, and its name in the folder, before its first record.
int Writer::open_segment() {
  int error = storage_.create(path(), file_);
  if (error == 0) {
    std::size_t written = 0;
    error = write_all(*file_, std::as_bytes(std::span(&header_, 1)), written);
    if (error == 0 && config_.fsync != FsyncPolicy::never) error = file_->sync();
    const bool is_name_synced = config_.fsync != FsyncPolicy::never && LOCKSTEP_DEFENCE(segment_name_sync);
    if (error == 0 && is_name_synced) error = storage_.sync_folder(folder_);
    if (error != 0) {
      file_.reset();
      // What cannot be taken away is in the way of the next attempt, which then says so.
      storage_.remove(path());
    }
  }
  file_bytes_ = sizeof header_;
  return error;
}

/// All of bytes_, or nothing: what went out before an error is cut off again.
int Writer::write_bytes() {
  std::size_t written = 0;
  const int error = write_all(*file_, bytes_, written);
  if (error == 0) {
    file_bytes_ += bytes_.size();
    is_unsynced_ = true;
    return 0;
  }
  if (const int cut = LOCKSTEP_DEFENCE(half_write_cut) ? file_->truncate(file_bytes_) : 0; cut != 0) {
    fail(io_text("truncate", path(), cut) + " (after a failed write: " + io_text("write", path(), error) +
         ")");
  }
  return error;
}

int Writer::sync_file() {
  const auto begin = steady_clock::now();
  if (const int error = file_->sync(); error != 0) return error;
  synced_at_ = steady_clock::now();
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(synced_at_ - begin).count();
  own_sync_times_.observe(ns);
  const auto us = static_cast<std::uint64_t>(ns / 1'000);
  if (us > sync_us_max_.load(std::memory_order_relaxed)) sync_us_max_.store(us, std::memory_order_relaxed);
  syncs_.fetch_add(1, std::memory_order_relaxed);
  is_unsynced_ = false;
  synced_sequence_ = next_sequence_.load(std::memory_order_relaxed) - 1;
  return 0;
}

Writer::Step Writer::write_group() {
  if (!bytes_.empty()) {
    if (!file_) {
      if (const int error = open_segment(); error != 0) return give_way(error, "create");
    }
    if (const int error = write_bytes(); error != 0) return give_way(error, "write");
    written_bytes_.fetch_add(bytes_.size(), std::memory_order_relaxed);
    bytes_.clear();
  }
  if (is_unsynced_ && LOCKSTEP_DEFENCE(sync_before_publishing) &&
      (config_.fsync == FsyncPolicy::always || must_sync_)) {
    // A failed sync may have dropped the pages: trying again would succeed and prove nothing.
    if (const int error = sync_file(); error != 0 && LOCKSTEP_DEFENCE(sync_error_heeded)) {
      fail(io_text("sync", path(), error));
      return Step::failed;
    }
  }
  must_sync_ = false;
  groups_.fetch_add(1, std::memory_order_relaxed);
  if (is_stalled_.exchange(false)) {
    spdlog::warn("journal: writing again");
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  if (file_ && file_bytes_ >= static_cast<std::uint64_t>(config_.segment_bytes)) seal();
  return has_failed() ? Step::failed : Step::written;
}

/// Ends a segment; the next group opens a new one. Whatever the policy: a snapshot could not sync it any
/// more.
void Writer::seal() {
  if (is_unsynced_ && LOCKSTEP_DEFENCE(seal_sync)) {
    if (const int error = sync_file(); error != 0) return fail(io_text("sync", path(), error));
  }
  if (const int error = file_->close(); error != 0) return fail(io_text("close", path(), error));
  file_.reset();
  segment_.fetch_add(1, std::memory_order_release);
}

Writer::Step Writer::give_way(int error, const char* call) {
  if (has_failed()) return Step::failed;
  if (!is_full(error)) {
    fail(io_text(call, path(), error));
    return Step::failed;
  }
  {
    const std::lock_guard lock(mutex_);
    trouble_ = io_text(call, path(), error);
  }
  if (!is_stalled_.exchange(true)) {
    stalls_.fetch_add(1, std::memory_order_relaxed);
    spdlog::error("journal: {}; nothing is published until there is room", trouble());
  }
  return Step::stalled;
}

void Writer::fail(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (has_failed_.exchange(true)) return;
    trouble_ = text;
  }
  is_stalled_ = true;
  if (hooks_.on_failed) hooks_.on_failed(text);
}

void Writer::note_durable() {
  std::size_t bytes = 0;
  for (const Batch& batch : group_) {
    batch.port->durable_.store(batch.ticket, std::memory_order_release);
    bytes += batch.bytes.size();
  }
  pending_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    for (Batch& batch : group_) {
      batch.bytes.clear();
      if (spare_.size() < kSpareMax) spare_.push_back(std::move(batch.bytes));
    }
  }
  group_.clear();
  if (hooks_.on_durable) hooks_.on_durable(next_sequence_.load(std::memory_order_relaxed) - 1);
}

bool Writer::sync_now() {
  if (has_failed()) return false;
  if (!file_ || !is_unsynced_) return true;
  if (const int error = sync_file(); error != 0) {
    fail(io_text("sync", path(), error));
    return false;
  }
  return true;
}

bool Writer::write_stop() {
  std::vector<std::byte> payload;
  encode_stop(payload);
  frame_payload(payload);
  if (write_group() != Step::written) return false;
  if (file_ && !sync_now()) return false;
  return true;
}

std::string Writer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

WriterStats Writer::stats() const {
  WriterStats stats;
  stats.records = records_;
  stats.bytes = written_bytes_;
  stats.groups = groups_;
  stats.syncs = syncs_;
  stats.stalls = stalls_;
  stats.sync_us_max = sync_us_max_;
  stats.pending_bytes = pending_bytes_;
  return stats;
}

}  // namespace lockstep::engine::journal
