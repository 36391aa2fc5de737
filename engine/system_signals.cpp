#include "engine/system_signals.hpp"

#include <csignal>
#include <utility>

namespace lockstep::engine {

void SystemSignals::on_end(std::function<void()> stop) {
  ends_.add(SIGINT);
  ends_.add(SIGTERM);
  ends_.async_wait([this, stop = std::move(stop)](const boost::system::error_code& error, int) {
    if (error) return;
    ends_.clear();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    stop();
  });
}

void SystemSignals::on_hangup(std::function<void()> reload) {
  hangups_.add(SIGHUP);
  reload_ = std::move(reload);
  await_hangup();
}

void SystemSignals::cancel() {
  ends_.cancel();
  hangups_.cancel();
}

void SystemSignals::await_hangup() {
  hangups_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    reload_();
    await_hangup();
  });
}

}  // namespace lockstep::engine
