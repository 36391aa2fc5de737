#include "replay/sim/fault_proxy.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <thread>
#include <vector>

namespace lockstep::sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kChunkMax = 16'384;
constexpr std::size_t kSlowChunkMax = 400;
constexpr milliseconds kSlowWait{5};

/// The weather on the line. Of the proxy's thread.
struct Weather {
  Clock::time_point stalled_until{}, refused_until{}, slow_until{};
};

void reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);  // close() sends RST
  socket.close(ignored);
}

/// One connection of a client, and ours to the venue.
class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(tcp::socket client, const Weather& weather, std::atomic<int>& count, std::atomic<std::uint64_t>& bytes)
      : weather_(weather),
        count_(count),
        bytes_(bytes),
        ways_{Way(std::move(client)), Way(tcp::socket(ways_[0].from.get_executor()))} {
    ++count_;
  }
  ~Line() { --count_; }

  void start(int target_port) {
    const tcp::endpoint venue(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(target_port));
    ways_[1].from.async_connect(venue, [self = shared_from_this()](error_code error) {
      if (error) return self->cut();
      for (const std::size_t way : {0, 1}) {
        error_code ignored;
        self->ways_[way].from.set_option(tcp::no_delay(true), ignored);
        self->read(way);
      }
    });
  }
  void cut() {
    for (Way& way : ways_) {
      reset(way.from);
      way.timer.cancel();
    }
  }
  void swallow() { is_hole_ = true; }
  void damage() { is_damage_due_ = true; }
  bool is_open() const { return ways_[0].from.is_open(); }

 private:
  /// From one end to the other: 0 from the client, 1 from the venue.
  struct Way {
    explicit Way(tcp::socket socket) : from(std::move(socket)), timer(from.get_executor()) {}
    tcp::socket from;
    asio::steady_timer timer;
    std::array<char, kChunkMax> chunk{};
  };

  void read(std::size_t at) {
    Way& way = ways_[at];
    const std::size_t most = Clock::now() < weather_.slow_until ? kSlowChunkMax : kChunkMax;
    way.from.async_read_some(asio::buffer(way.chunk.data(), most),
                             [self = shared_from_this(), at](error_code error, std::size_t size) {
                               if (error) return self->end(at);
                               self->forward(at, size);
                             });
  }

  void forward(std::size_t at, std::size_t size) {
    if (is_hole_) return read(at);
    Way& way = ways_[at];
    const Clock::time_point now = Clock::now();
    if (now < weather_.stalled_until) return wait(at, size, weather_.stalled_until - now);
    if (at == 1 && std::exchange(is_damage_due_, false)) way.chunk[size / 2] ^= 0x10;
    bytes_ += size;
    asio::async_write(ways_[1 - at].from, asio::buffer(way.chunk.data(), size),
                      [self = shared_from_this(), at](error_code error, std::size_t) {
                        if (error) return self->cut();
                        if (Clock::now() < self->weather_.slow_until) return self->wait(at, 0, kSlowWait);
                        self->read(at);
                      });
  }

  /// Then `size` bytes are forwarded, or with none the next ones are read.
  void wait(std::size_t at, std::size_t size, Clock::duration time) {
    ways_[at].timer.expires_after(time);
    ways_[at].timer.async_wait([self = shared_from_this(), at, size](error_code error) {
      if (error) return;
      size == 0 ? self->read(at) : self->forward(at, size);
    });
  }

  /// One end closed, or broke off: the other one is told, unless nothing is told any more.
  void end(std::size_t at) {
    if (!is_hole_ || at == 0) cut();
  }

  const Weather& weather_;
  std::atomic<int>& count_;
  std::atomic<std::uint64_t>& bytes_;
  std::array<Way, 2> ways_;
  bool is_hole_ = false;
  bool is_damage_due_ = false;
};

}  // namespace

class FaultProxy::Impl {
 public:
  explicit Impl(int target_port)
      : target_port_(target_port), acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      each([](Line& line) { line.cut(); });
      io_.stop();
    });
    thread_.join();
  }

  void inject(LineFault fault, milliseconds duration) {
    asio::post(io_, [this, fault, duration] {
      const Clock::time_point until = Clock::now() + duration;
      switch (fault) {
        case LineFault::outage:
          weather_.refused_until = until;
          [[fallthrough]];
        case LineFault::cut:
          return each([](Line& line) { line.cut(); });
        case LineFault::half_open:
          return each([](Line& line) { line.swallow(); });
        case LineFault::stall:
          weather_.stalled_until = until;
          return;
        case LineFault::damage:
          return each([](Line& line) { line.damage(); });
        case LineFault::refuse:
          weather_.refused_until = until;
          return;
        case LineFault::slow:
          weather_.slow_until = until;
          return;
      }
    });
  }
  int port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error && Clock::now() < weather_.refused_until) {
        reset(socket);
      } else if (!error) {
        std::erase_if(lines_, [](const auto& line) { return line.expired(); });
        const auto line = std::make_shared<Line>(std::move(socket), weather_, count_, bytes_);
        lines_.push_back(line);
        line->start(target_port_);
      }
      accept();
    });
  }
  template <class Visit>
  void each(Visit&& visit) {
    for (const auto& weak : lines_) {
      if (const auto line = weak.lock()) visit(*line);
    }
  }

  std::atomic<int> count_{0};
  std::atomic<std::uint64_t> bytes_{0};
  int target_port_;
  Weather weather_;
  std::vector<std::weak_ptr<Line>> lines_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

const char* to_string(LineFault fault) {
  constexpr const char* kNames[] = {"cut", "half_open", "stall", "damage", "refuse", "outage", "slow"};
  return kNames[static_cast<std::size_t>(fault)];
}

FaultProxy::FaultProxy(int target_port) : impl_(std::make_unique<Impl>(target_port)) {}
FaultProxy::~FaultProxy() = default;

int FaultProxy::port() const {
  return impl_->port();
}
void FaultProxy::inject(LineFault fault, milliseconds duration) {
  impl_->inject(fault, duration);
}
int FaultProxy::connections() const {
  return impl_->connections();
}
std::uint64_t FaultProxy::bytes() const {
  return impl_->bytes();
}

}  // namespace lockstep::sim
