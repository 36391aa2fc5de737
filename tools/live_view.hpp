// The daemon's latest publications as the plain values that the terminal draws.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/daemon.hpp"
#include "tools/terminal/view.hpp"

namespace lockstep::tools {

/// Lives on the outputs thread.
class LiveView {
 public:
  LiveView(engine::Daemon& daemon, const std::string& host);

  /// Every publication, for what the latest one alone does not tell: the last event.
  void on_signal(const engine::Signal& signal);
  const View& now();

 private:
  ViewRow& row_of(const core::Series& series);

  engine::Daemon& daemon_;
  std::chrono::steady_clock::time_point start_;
  View view_;
};

}  // namespace lockstep::tools
