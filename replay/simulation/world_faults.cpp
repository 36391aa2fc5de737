// The half of World that breaks things.
#include "replay/simulation/virtual_time.hpp"
#include "replay/simulation/world.hpp"

namespace lockstep::simulation {

using std::chrono::milliseconds;

namespace {

/// Between two faults, ms: often a few at once, then a quiet hour.
constexpr std::int64_t kBetweenMost = 150 * 60'000;
/// So long frames may tell less than the venue's time.
constexpr std::int64_t kLateMs = 90'000;

}  // namespace

void World::plan_fault() {
  after(random_.skewed(1'000, kBetweenMost), [this] {
    if (is_calm_) return;
    fault();
    plan_fault();
  });
}

void World::fault() {
  ++report_.faults;
  // What happens when matters now; in quiet hours it does not.
  grain_ms_ = random_.pick(std::array<int, 6>{1, 5, 20, 100, 250, 1000});
  VirtualTime::set_grain(milliseconds(grain_ms_));
  after(random_.between(30'000, 300'000), [this] {
    grain_ms_ = 1000;
    VirtualTime::set_grain(milliseconds(grain_ms_));
  });
  const std::int64_t kind = random_.between(0, 99);
  if (kind < 25) return fault_of_network();
  if (kind < 60) return fault_of_venue();
  if (kind < 75) return fault_of_disk();
  if (kind < 92) return fault_of_process();
  fault_of_time();
}

void World::fault_of_network() {
  const std::int64_t time_ms = random_.skewed(1'000, 600'000);
  switch (random_.between(0, 3)) {
    case 0: {
      const bool is_torn = random_.permille(500);
      tell("all connections are cut" + std::string(is_torn ? ", inside a frame" : ""));
      oracle_->forgive_lies();
      network_.cut_all(is_torn);
      return;
    }
    case 1:
      tell("all connections go silent, nobody is told");
      oracle_->forgive_lies();
      network_.silence_all();
      return;
    default: {
      const bool is_refusing = random_.permille(500);
      tell(std::string("the venue ") + (is_refusing ? "refuses connections" : "cannot be reached") + " for " +
           std::to_string(time_ms / 1000) + " s");
      network_.set_mode(is_refusing ? MemoryNetwork::Mode::refusing : MemoryNetwork::Mode::unreachable);
      oracle_->forgive_lies();
      network_.cut_all(true);
      after(time_ms, [this] { network_.set_mode(MemoryNetwork::Mode::open); });
    }
  }
}

FrameTrouble World::draw_frame_trouble() {
  FrameTrouble trouble;
  const auto often = [this] { return random_.permille(400) ? static_cast<int>(random_.skewed(1, 400)) : 0; };
  trouble.duplicate = often();
  // Other venues' rows carry no time, and what their last connection said last is what counts.
  if (!is_binance_) return trouble;
  trouble.late = often();
  trouble.swap = often();
  trouble.drop = often();
  trouble.garble = often();
  trouble.lie = random_.permille(300) ? static_cast<int>(random_.between(50, 300)) : 0;
  return trouble;
}

void World::fault_of_venue() {
  const std::int64_t time_ms = random_.skewed(5'000, 1'200'000);
  const std::string seconds = " for " + std::to_string(time_ms / 1000) + " s";
  switch (random_.between(0, 3)) {
    case 0:
      tell("the venue pushes nothing" + seconds);
      venue_.set_silent(true);
      after(time_ms, [this] { venue_.set_silent(false); });
      return;
    case 1:
      if (!is_binance_ || random_.permille(700)) {
        tell("frames in trouble" + seconds);
        faults_.frames = draw_frame_trouble();
      } else {
        tell("the venue repeats its last frame" + seconds);
        faults_.frames.is_stuck = true;
      }
      after(time_ms, [this] { faults_.frames = {}; });
      return;
    default:
      faults_.rest = random_.pick(kRestTroubles);
      tell(std::string("history gives ") + to_string(faults_.rest) + seconds);
      after(time_ms, [this] { faults_.rest = RestTrouble::none; });
      // Something must be asked for.
      if (random_.permille(500)) {
        oracle_->forgive_lies();
        network_.cut_all(true);
      }
  }
}

void World::fault_of_disk() {
  const std::int64_t time_ms = random_.skewed(1'000, 900'000);
  switch (random_.between(0, 2)) {
    case 0: {
      const auto room = static_cast<std::size_t>(random_.skewed(0, 20'000));
      tell("the disk has room for " + std::to_string(room) + " bytes, for " + std::to_string(time_ms / 1000) +
           " s");
      disk_.set_room(room);
      after(time_ms, [this] { disk_.set_room(SIZE_MAX); });
      return;
    }
    case 1:
      tell("the next sync fails");
      disk_.fail_next_sync();
      return;
    default:
      disk_delay_ms_ = random_.skewed(10, 1'500);
      tell("the disk takes " + std::to_string(disk_delay_ms_) + " ms longer, for " +
           std::to_string(time_ms / 1000) + " s");
      disk_.set_write_max(static_cast<std::size_t>(random_.between(1, 4096)));
      if (node_) node_->set_disk_delay(disk_delay_ms_);
      after(time_ms, [this] {
        disk_delay_ms_ = 0;
        disk_.set_write_max(SIZE_MAX);
        if (node_) node_->set_disk_delay(0);
      });
  }
}

void World::fault_of_process() {
  if (!node_) return;
  switch (random_.between(0, 4)) {
    case 0:
      return end_node("killed", false);
    case 1:
      return end_node("the power fails", true);
    case 2: {
      const bool is_stopped = node_->stop();
      return end_node(is_stopped ? "stopped in order" : "stopped, the disk takes nothing", false);
    }
    default:
      is_power_cut_planned_ = random_.permille(500);
      disk_.kill_at(static_cast<std::uint64_t>(random_.skewed(1, 60)), random_.permille(500));
  }
}

void World::fault_of_time() {
  if (random_.permille(500)) {
    const std::int64_t by_ms = random_.between(-3'600'000, 3'600'000);
    tell("the wall clock is set by " + std::to_string(by_ms) + " ms");
    return VirtualTime::step_wall(milliseconds(by_ms));
  }
  const std::int64_t time_ms = random_.skewed(1'000, 1'800'000);
  tell("the machine sleeps for " + std::to_string(time_ms / 1000) + " s");
  VirtualTime::pass(milliseconds(time_ms));
  oracle_->forgive_lies();
  grace_until_ms_ = VirtualTime::now_ms() + 5'000;
  // What came in the meantime is late now.
  late_until_ms_ = VirtualTime::now_ms() + kLateMs;
}

void World::heal() {
  tell("from here on nothing goes wrong");
  network_.set_mode(MemoryNetwork::Mode::open);
  venue_.set_silent(false);
  faults_.frames = {};
  faults_.rest = RestTrouble::none;
  disk_.set_room(SIZE_MAX);
  disk_.set_write_max(SIZE_MAX);
  disk_.kill_at(0, false);
  disk_.fail_next_sync(false);
  disk_delay_ms_ = 0;
  if (node_) node_->set_disk_delay(0);
  after(60'000, [this] { start_node(); });
}

}  // namespace lockstep::simulation
