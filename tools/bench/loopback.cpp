// What the kernel takes of a frame's way over loopback, without us: the same frames, threads and CPUs as in
// latency.cpp, but two plain sockets. Its receive stamp tells when a frame lay in the receiver's socket.
#include "tools/bench/loopback.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/cpu_place.hpp"
#include "tools/bench/pace.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

constexpr std::size_t kFrameBytes = 300;  // of a kline frame
constexpr std::chrono::seconds kLimit{30};

/// The kernel's receive stamps are of this clock.
std::int64_t stamp_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd_ < 0) throw std::runtime_error(fmt::format("bench: socket: {}", std::strerror(errno)));
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct Pair {
  Socket sender, receiver;
};

Pair connect_pair() {
  const Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const int sender = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::bind(listener.fd(), any, bytes) != 0 || ::listen(listener.fd(), 1) != 0 ||
      ::getsockname(listener.fd(), any, &bytes) != 0 || ::connect(sender, any, bytes) != 0) {
    throw std::runtime_error(fmt::format("bench: loopback: {}", std::strerror(errno)));
  }
  const int receiver = ::accept(listener.fd(), nullptr, nullptr);
  const int on = 1;
  ::setsockopt(sender, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(receiver, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return {Socket(sender), Socket(receiver)};
}

/// One frame, or the part of one that is there: bytes, 0 when there are none. `socket_ns` is the kernel's
/// stamp.
std::size_t receive(int fd, char* to, std::size_t room, std::int64_t& socket_ns) {
  alignas(cmsghdr) std::array<char, 128> control;
  iovec part{to, room};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(fd, &message, MSG_DONTWAIT);
  if (count <= 0) return 0;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(at), sizeof stamp);
    socket_ns = stamp.tv_sec * std::int64_t{1'000'000'000} + stamp.tv_nsec;
  }
  return static_cast<std::size_t>(count);
}

/// As a shard that waits busily.
void spin(const std::atomic<bool>& is_done) {
  engine::stay_on_cpu(1);
  while (!is_done.load(std::memory_order_relaxed)) std::this_thread::yield();
}

void send_frames(int fd, std::size_t frames) {
  Pace pace = Pace::one_at_a_time();
  std::array<char, kFrameBytes> frame{};
  for (std::size_t i = 0; i < frames; ++i) {
    pace.wait();
    const std::int64_t sent_ns = stamp_ns();
    std::memcpy(frame.data(), &sent_ns, sizeof sent_ns);
    if (::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size())) return;
  }
}

}  // namespace

Json measure_loopback(std::size_t frames) {
  const Pair pair = connect_pair();
  std::vector<double> to_socket, to_receive;
  std::atomic<bool> is_done{false};
  std::thread spinning([&] { spin(is_done); });
  std::thread sending([&] { send_frames(pair.sender.fd(), frames); });
  std::thread receiving([&] {
    engine::stay_on_cpu(0);
    std::array<char, 64 * kFrameBytes> buffer;
    std::size_t held = 0;
    const auto deadline = std::chrono::steady_clock::now() + kLimit;
    while (to_receive.size() < frames && std::chrono::steady_clock::now() < deadline) {
      std::int64_t socket_ns = 0;
      held += receive(pair.receiver.fd(), buffer.data() + held, buffer.size() - held, socket_ns);
      const std::int64_t now_ns = stamp_ns();
      if (held < kFrameBytes) {
        std::this_thread::yield();
        continue;
      }
      for (std::size_t at = 0; at + kFrameBytes <= held; at += kFrameBytes) {
        std::int64_t sent_ns;
        std::memcpy(&sent_ns, buffer.data() + at, sizeof sent_ns);
        to_receive.push_back(static_cast<double>(now_ns - sent_ns));
        to_socket.push_back(static_cast<double>(socket_ns - sent_ns));
      }
      const std::size_t rest = held % kFrameBytes;
      std::memmove(buffer.data(), buffer.data() + held - rest, rest);
      held = rest;
    }
  });
  receiving.join();
  is_done = true;
  sending.join();
  spinning.join();
  if (to_receive.size() < frames) throw std::runtime_error("bench: plain sockets lost frames");
  Json json;
  json["loopback_send_to_socket_ns"] = percentiles(to_socket);
  json["loopback_send_to_receive_ns"] = percentiles(to_receive);
  return json;
}

}  // namespace lockstep::bench
