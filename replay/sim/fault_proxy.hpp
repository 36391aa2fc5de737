// A TCP proxy in front of a simulated exchange that makes the line as bad as lines are. What runs through it
// is opaque (TLS), so every fault is one of the connection, not of the data.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace lockstep::sim {

enum class LineFault : std::uint8_t {
  cut,        ///< present connections are reset (N11)
  half_open,  ///< present connections swallow everything, both ways, and say nothing (N2)
  stall,      ///< nothing gets through for a while, then all of it at once (N1)
  damage,     ///< a bit flips on its way to the client, once a connection (N16)
  refuse,     ///< new connections are reset at once for a while (N7)
  outage,     ///< cut, then refuse (N7, D1)
  slow,       ///< some hundred bytes at a time for a while (N17)
};
inline constexpr int kLineFaults = 7;
const char* to_string(LineFault fault);

/// Listens on a loopback port of its own and forwards to another one, on its own thread, until it goes. Every
/// member may be called from any thread.
class FaultProxy {
 public:
  /// Throws std::system_error when it cannot listen.
  explicit FaultProxy(int target_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  int port() const;
  /// `duration`: of stall, refuse, outage and slow.
  void inject(LineFault fault, std::chrono::milliseconds duration);
  /// Connections that are forwarded at present.
  int connections() const;
  /// Bytes that went through so far.
  std::uint64_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::sim
