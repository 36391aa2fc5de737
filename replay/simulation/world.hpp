// A simulated day: who takes part, what goes wrong when, and what is compared at the end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "replay/sim/loop_venue.hpp"
#include "replay/simulation/memory_disk.hpp"
#include "replay/simulation/memory_network.hpp"
#include "replay/simulation/node.hpp"
#include "replay/simulation/oracle.hpp"
#include "replay/simulation/random.hpp"
#include "replay/simulation/simulation.hpp"
#include "replay/simulation/venue_faults.hpp"

namespace lockstep::simulation {

class World {
 public:
  /// `scratch`: an empty folder of the real disk, for the lock and the pauses that hosts ask for.
  World(const SimulationOptions& options, const std::string& scratch);
  ~World();
  SimulationReport run();

 private:
  // How the day is.
  engine::Config draw_config(const std::string& scratch);
  sim::SimConfig draw_market();
  engine::SeriesSettings make_settings();

  // What happens.
  void run_until(std::int64_t end_ms);
  void start_node();
  void end_node(const std::string& why, bool is_power_lost);
  void check_often();
  void deliver(const engine::Signal& signal);
  void after(std::int64_t delay_ms, std::function<void()> work);
  void forgive_unnoticed_losses();

  // What goes wrong (faults.cpp).
  void plan_fault();
  void fault();
  void fault_of_network();
  void fault_of_venue();
  void fault_of_disk();
  void fault_of_process();
  void fault_of_time();
  FrameTrouble draw_frame_trouble();
  void heal();

  // The end (ending.cpp).
  void compare_at_end();
  void compare_replay(const std::map<core::SeriesId, Digest>& live);
  void compare_recovery(const std::map<core::SeriesId, Digest>& live);
  void compare_batch(core::SeriesId id);

  void tell(const std::string& text);
  void complain(const std::string& text);
  void mix(std::uint64_t value);

  const SimulationOptions& options_;
  SimulationReport report_;
  Random random_;
  boost::asio::io_context io_{1};
  std::string scratch_;
  bool is_binance_ = true;
  engine::Config config_;
  core::Catalog catalog_;
  engine::SeriesSettings settings_;
  MemoryDisk disk_;
  VenueFaults faults_;
  sim::LoopVenue venue_;
  MemoryNetwork network_;
  std::optional<Oracle> oracle_;
  std::unique_ptr<Node> node_;
  boost::asio::steady_timer check_timer_;
  std::deque<std::string> lines_;
  std::int64_t grain_ms_ = 1;
  std::int64_t disk_delay_ms_ = 0;
  std::int64_t grace_until_ms_ = 0;  ///< just after a suspend
  std::int64_t late_until_ms_ = 0;   ///< frames have been late
  bool is_power_cut_planned_ = false;
  bool is_calm_ = false;
};

}  // namespace lockstep::simulation
