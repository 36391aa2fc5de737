// Who listens to what connections receive, before anybody has looked at it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::feeds {

/// Called on the network thread, once for each frame: it must not wait. `connection` names the connection,
/// and stays the same over its reconnects.
class FrameTap {
 public:
  virtual ~FrameTap() = default;
  virtual void opened(const std::string& connection) = 0;
  /// recv_ns: monotonic. `text` is followed by kJsonPadding readable bytes.
  virtual void frame(const std::string& connection, std::string_view text, std::int64_t recv_ns) = 0;
  virtual void lost(const std::string& connection) = 0;
};

}  // namespace lockstep::feeds
