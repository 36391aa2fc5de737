// Tells systemd how the daemon does (sd_notify's protocol). Own 40 lines: libsystemd would be one more
// library for four words over a socket.
#pragma once

#include <chrono>
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
  /// To be called often: tells the watchdog, at half of its time, that the loop runs.
  void alive(std::chrono::steady_clock::time_point now);

 private:
  void tell(std::string_view what);

  int socket_ = -1;
  std::chrono::microseconds watchdog_{0};
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace lockstep::tools
