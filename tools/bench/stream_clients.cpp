#include "tools/bench/stream_clients.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "engine/cpu_place.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/frames.hpp"

namespace lockstep::bench {

ClientSocket::ClientSocket(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{10, 0};
  const int on = 1;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("bench api: cannot connect to the server; `ulimit -n` may be too low");
}

ClientSocket::~ClientSocket() {
  ::close(descriptor_);
}

void ClientSocket::send(std::string_view text) {
  if (::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("bench api: the server closed a connection");
}

std::string ClientSocket::read_header(std::string& header) {
  header.clear();
  for (;;) {
    if (const std::size_t end = header.find("\r\n\r\n"); end != std::string::npos) {
      std::string rest = header.substr(end + 4);
      header.resize(end + 4);
      return rest;
    }
    read_more(header);
  }
}

void ClientSocket::read_more(std::string& text) {
  char bytes[16'384];
  const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (count <= 0) throw std::runtime_error("bench api: no answer from the server");
  text.append(bytes, static_cast<std::size_t>(count));
}

std::size_t FrameCounter::take(const char* bytes, std::size_t count) {
  std::size_t frames = 0;
  while (count > 0) {
    if (left_ > 0) {
      const std::size_t part = std::min(left_, count);
      left_ -= part;
      bytes += part;
      count -= part;
      if (left_ == 0) ++frames;
      continue;
    }
    head_[head_size_++] = static_cast<unsigned char>(*bytes++);
    --count;
    if (head_size_ < 2) continue;
    const unsigned char length = head_[1] & 127u;
    const std::size_t needed = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (head_size_ < needed) continue;
    left_ = length < 126 ? length : 0;
    for (std::size_t i = 2; i < needed; ++i) left_ = left_ << 8 | head_[i];
    head_size_ = 0;
    if (left_ == 0) ++frames;
  }
  return frames;
}

StreamClients::StreamClients(int port, std::size_t count, std::size_t symbols, Priority priority)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), counters_(count) {
  const auto names = symbol_names(symbols);
  std::string header;
  for (std::size_t i = 0; i < count; ++i) {
    ClientSocket& socket = *sockets_.emplace_back(std::make_unique<ClientSocket>(port));
    socket.send("GET /v1/stream" + (names.empty() ? std::string() : "?symbol=" + names[i % symbols]) +
                " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string rest = socket.read_header(header);
    if (header.find(" 101 ") == std::string::npos)
      throw std::runtime_error("bench api: no upgrade: " + header);
    frames_ += counters_[i].take(rest.data(), rest.size());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event);
  }
  thread_ = std::thread([this, priority] { read(priority); });
}

StreamClients::~StreamClients() {
  is_stopping_ = true;
  thread_.join();
  ::close(epoll_);
}

bool StreamClients::wait_for(std::uint64_t frames) const {
  for (const std::int64_t end = wall_ns() + 30'000'000'000; frames_ < frames && wall_ns() < end;)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return frames_ >= frames;
}

void StreamClients::read(Priority priority) {
  const sched_param none{};
  if (priority == Priority::idle) {
    engine::stay_on_cpu(1);  // not a spinning thread's: it would let them run whenever it has nothing to do
    sched_setscheduler(0, SCHED_IDLE, &none);
  }
  std::vector<epoll_event> events(256);
  std::vector<char> bytes(1 << 18);
  while (!is_stopping_) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
    for (int i = 0; i < count; ++i) {
      const std::size_t client = events[static_cast<std::size_t>(i)].data.u64;
      const ssize_t size = ::recv(sockets_[client]->descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size <= 0) {
        has_lost_one_ = true;
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, sockets_[client]->descriptor(), nullptr);
        continue;
      }
      frames_ += counters_[client].take(bytes.data(), static_cast<std::size_t>(size));
    }
  }
}

}  // namespace lockstep::bench
