// Tells systemd how the daemon does (sd_notify's protocol). Own 40 lines: libsystemd would be one more
// library for four words over a socket.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace lockstep::tools {

/// Without a service manager that listens (NOTIFY_SOCKET) every call does nothing. One thread.
class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes the first from the environment: children do not speak
  /// for the service.
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void ready();
  void reloading();
  void stopping();
  /// Not ready for a while, on purpose.
  void waiting(std::string_view why, std::chrono::seconds wait);
  /// To be called often: tells the watchdog, at half of its time, that all is well, if it is.
  void alive(std::chrono::steady_clock::time_point now, const std::function<bool()>& is_well);

 private:
  void tell(std::string_view what);

  int socket_ = -1;
  std::chrono::microseconds watchdog_{0};
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace lockstep::tools
