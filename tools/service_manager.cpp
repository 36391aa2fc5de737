#include "tools/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace lockstep::tools {
namespace {

/// A connected datagram socket; -1 when there is nobody to talk to.
int connect_to(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t bytes = std::strlen(path);
  if (bytes == 0 || bytes >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path, bytes);
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name without a file
  const int file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes);
  if (file >= 0 && ::connect(file, reinterpret_cast<const sockaddr*>(&address), size) == 0) return file;
  if (file >= 0) ::close(file);
  return -1;
}

}  // namespace

ServiceManager::ServiceManager() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  socket_ = connect_to(path);
  ::unsetenv("NOTIFY_SOCKET");
  const char* watchdog = std::getenv("WATCHDOG_USEC");
  if (watchdog != nullptr) watchdog_ = std::chrono::microseconds(std::strtoll(watchdog, nullptr, 10));
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::tell(std::string_view what) {
  if (socket_ >= 0) static_cast<void>(::send(socket_, what.data(), what.size(), MSG_NOSIGNAL));
}

void ServiceManager::ready() {
  tell("READY=1\nSTATUS=running");
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long us = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void ServiceManager::stopping() {
  tell("STOPPING=1\nSTATUS=stopping");
}

void ServiceManager::waiting(std::string_view why, std::chrono::seconds wait) {
  // A start has five minutes (TimeoutStartSec); these come on top.
  const auto us = std::chrono::microseconds(wait + std::chrono::minutes(5)).count();
  tell("STATUS=" + std::string(why) + "\nEXTEND_TIMEOUT_USEC=" + std::to_string(us));
}

void ServiceManager::alive(std::chrono::steady_clock::time_point now, const std::function<bool()>& is_well) {
  if (watchdog_.count() <= 0 || now - told_ < watchdog_ / 2 || !is_well()) return;
  told_ = now;
  tell("WATCHDOG=1");
}

}  // namespace lockstep::tools
