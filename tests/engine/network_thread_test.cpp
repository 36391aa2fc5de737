// Who shares the network's thread, and what that costs an idle machine.
#include <atomic>
#include <chrono>
#include <thread>

#include "engine/network_thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

using namespace lockstep;
using namespace lockstep::engine;
using namespace std::chrono_literals;

TEST_CASE("with nothing to do, a thread that waits sleeps between turns, and one that is busy does not",
          "[engine][network_thread]") {
  const auto turns_in_200_ms = [](PollMode poll) {
    std::atomic<int> turns{0};
    NetworkThread network(poll);
    network.start([&] {
      ++turns;
      return false;
    });
    std::this_thread::sleep_for(200ms);
    network.stop();
    return turns.load();
  };
  const int waiting = turns_in_200_ms(PollMode::wait);
  CHECK(waiting > 2);  // who asks something of the work hears within milliseconds
  CHECK(waiting < 400);
  CHECK(turns_in_200_ms(PollMode::busy) > 10 * waiting);
}

TEST_CASE("work that goes on has turn after turn, with what came in between", "[engine][network_thread]") {
  for (const PollMode poll : {PollMode::wait, PollMode::busy}) {
    constexpr int kTurns = 20'000;  // 40 s, if each waited
    std::atomic<int> turns{0};
    std::atomic<bool> is_over{false};
    NetworkThread network(poll);
    network.start([&] { return ++turns < kTurns || !is_over; });
    CHECK(test::eventually([&] { return turns >= kTurns; }, 10s));
    std::atomic<bool> has_come{false};
    boost::asio::post(network.io(), [&] { has_come = true; });
    CHECK(test::eventually([&] { return has_come.load(); }, 10s));
    is_over = true;
    network.stop();
  }
}
