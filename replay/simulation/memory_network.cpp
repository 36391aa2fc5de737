#include "replay/simulation/memory_network.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "replay/simulation/virtual_time.hpp"

namespace lockstep::simulation {

namespace asio = boost::asio;
using boost::system::error_code;

class ClientEnd final : public feeds::net::StandIn {
 public:
  explicit ClientEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~ClientEnd() override { ClientEnd::close(); }
  void async_read_some(asio::mutable_buffer buffer, Handler handler) override {
    wire_->read(Wire::to_client, buffer, std::move(handler));
  }
  void async_write_some(asio::const_buffer buffer, Handler handler) override {
    wire_->write(Wire::to_venue, buffer, std::move(handler));
  }
  void close() override { wire_->close(Wire::to_client); }

 private:
  std::shared_ptr<Wire> wire_;
};

class VenueEnd final : public sim::Transport {
 public:
  explicit VenueEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~VenueEnd() override { VenueEnd::close(); }
  void async_handshake(Handler handler) override {
    asio::post(wire_->io_, [handler = std::move(handler)] { handler({}, 0); });
  }
  void async_read_some(asio::mutable_buffer buffer, Handler handler) override {
    wire_->read(Wire::to_venue, buffer, std::move(handler));
  }
  void async_write(asio::const_buffer buffer, Handler handler) override {
    wire_->write(Wire::to_client, buffer, std::move(handler));
  }
  void close() override { wire_->close(Wire::to_venue); }

 private:
  std::shared_ptr<Wire> wire_;
};

Wire::Wire(asio::io_context& io, Random& random, VenueFaults& faults)
    : io_(io),
      random_(random),
      faults_(faults),
      lanes_{Lane(io), Lane(io)},
      latency_ms_(random.skewed(0, 300)) {}

std::unique_ptr<feeds::net::StandIn> Wire::client_end() {
  return std::make_unique<ClientEnd>(shared_from_this());
}

std::unique_ptr<sim::Transport> Wire::venue_end() {
  return std::make_unique<VenueEnd>(shared_from_this());
}

void Wire::read(Direction direction, asio::mutable_buffer buffer, Handler handler) {
  Lane& lane = lanes_[direction];
  lane.buffer = buffer;
  lane.reader = std::move(handler);
  if (lane.arrived.empty() && !lane.is_ended) return;
  asio::post(io_, [self = shared_from_this(), &lane] { self->feed(lane); });
}

void Wire::write(Direction direction, asio::const_buffer buffer, Handler handler) {
  const bool is_broken = lanes_[direction].is_ended;
  const std::size_t size = buffer.size();
  if (!is_broken && !is_silent_) {
    const std::string_view bytes(static_cast<const char*>(buffer.data()), size);
    if (direction == to_venue) {
      send(to_venue, std::string(bytes), 0, true);
    } else {
      for (VenuePiece& piece : faults_.apply(bytes, is_web_)) {
        send(to_client, std::move(piece.bytes), piece.delay_ms, piece.is_in_order, std::move(piece.delivered),
             piece.is_news);
        if (piece.is_cut_after) {
          lanes_[to_client].under_way.insert(
              {lanes_[to_client].last_due_ms, {"", [this] { cut(true); }, false}});
        }
      }
    }
  }
  asio::post(io_, [handler = std::move(handler), is_broken, size] {
    is_broken ? handler(asio::error::broken_pipe, 0) : handler({}, size);
  });
}

void Wire::send(Direction direction, std::string bytes, std::int64_t delay_ms, bool is_in_order,
                std::function<void()> delivered, bool is_news) {
  Lane& lane = lanes_[direction];
  std::int64_t due_ms = VirtualTime::now_ms() + latency_ms_ + delay_ms;
  if (is_in_order) due_ms = lane.last_due_ms = std::max(due_ms, lane.last_due_ms);
  lane.under_way.insert({due_ms, {std::move(bytes), std::move(delivered), is_news}});
  arm(direction);
}

void Wire::arm(Direction direction) {
  Lane& lane = lanes_[direction];
  if (lane.under_way.empty()) return;
  lane.timer.expires_after(std::chrono::milliseconds(
      std::max<std::int64_t>(0, lane.under_way.begin()->first - VirtualTime::now_ms())));
  lane.timer.async_wait([self = shared_from_this(), direction](error_code error) {
    if (!error) self->arrive(direction);
  });
}

void Wire::arrive(Direction direction) {
  Lane& lane = lanes_[direction];
  while (!lane.under_way.empty() && lane.under_way.begin()->first <= VirtualTime::now_ms()) {
    Chunk chunk = std::move(lane.under_way.begin()->second);
    lane.under_way.erase(lane.under_way.begin());
    if (is_silent_ || lane.is_ended) continue;
    lane.arrived += chunk.bytes;
    if (chunk.is_news) faults_.last_news_ms = VirtualTime::now_ms();
    if (chunk.delivered) chunk.delivered();
  }
  feed(lane);
  arm(direction);
}

/// A reader gets what has arrived, in pieces of any size.
void Wire::feed(Lane& lane) {
  if (!lane.reader || (lane.arrived.empty() && !lane.is_ended)) return;
  const Handler reader = std::exchange(lane.reader, nullptr);
  if (lane.arrived.empty()) return reader(asio::error::eof, 0);
  std::size_t size = std::min(lane.arrived.size(), lane.buffer.size());
  if (random_.permille(50))
    size = static_cast<std::size_t>(random_.between(1, static_cast<std::int64_t>(size)));
  std::memcpy(lane.buffer.data(), lane.arrived.data(), size);
  lane.arrived.erase(0, size);
  reader({}, size);
}

void Wire::end(Lane& lane, error_code error) {
  lane.is_ended = true;
  lane.timer.cancel();
  lane.under_way.clear();
  if (!lane.reader) return;
  asio::post(io_, [reader = std::exchange(lane.reader, nullptr), error] { reader(error, 0); });
}

/// The end that reads this direction is closed: the other one sees it once what was on its way is there.
void Wire::close(Direction reads) {
  Lane& own = lanes_[reads];
  Lane& others = lanes_[1 - reads];
  if (!own.is_ended) {
    own.arrived.clear();
    end(own, asio::error::operation_aborted);
  }
  if (others.is_ended || is_silent_) return;
  const auto other = static_cast<Direction>(1 - reads);
  send(other, "", 0, true, [&others] { others.is_ended = true; });
}

void Wire::cut(bool is_torn) {
  if (is_torn) {
    for (Lane& lane : lanes_) {
      if (lane.under_way.empty() || is_silent_ || lane.is_ended) continue;
      const std::string& bytes = lane.under_way.begin()->second.bytes;
      lane.arrived += bytes.substr(
          0, static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(bytes.size()))));
    }
  }
  for (Lane& lane : lanes_) {
    lane.is_ended = true;
    lane.under_way.clear();
    lane.timer.cancel();
    asio::post(io_, [self = shared_from_this(), &lane] { self->feed(lane); });
  }
}

void Wire::forget() {
  const auto self = shared_from_this();
  for (Lane& lane : lanes_) {
    lane.is_ended = true;
    lane.timer.cancel();
    lane.under_way.clear();
    const Handler dropped = std::exchange(lane.reader, nullptr);
  }
}

MemoryNetwork::~MemoryNetwork() {
  for (const auto& each : wires_) {
    if (const auto wire = each.lock()) wire->forget();
  }
}

MemoryNetwork::MemoryNetwork(asio::io_context& io, Random& random, VenueFaults& faults, Accept accept)
    : io_(io), random_(random), faults_(faults), accept_(std::move(accept)) {
  asio::use_service<feeds::net::StandInNetwork>(io).dial =
      [this](const feeds::net::Url&, feeds::net::StandInNetwork::Done done) { dial(std::move(done)); };
}

void MemoryNetwork::dial(feeds::net::StandInNetwork::Done done) {
  if (mode_ == Mode::unreachable) return;
  auto timer = std::make_shared<asio::steady_timer>(io_, std::chrono::milliseconds(random_.skewed(1, 800)));
  timer->async_wait([this, timer, done = std::move(done)](error_code error) {
    if (error || mode_ == Mode::unreachable) return;
    if (mode_ == Mode::refusing) return done(nullptr);
    const auto wire = std::make_shared<Wire>(io_, random_, faults_);
    std::erase_if(wires_, [](const auto& each) { return each.expired(); });
    wires_.push_back(wire);
    accept_(wire->venue_end());
    done(wire->client_end());
  });
}

std::vector<std::shared_ptr<Wire>> MemoryNetwork::living() {
  std::vector<std::shared_ptr<Wire>> all;
  for (const auto& each : wires_) {
    if (auto wire = each.lock(); wire && !wire->is_over()) all.push_back(std::move(wire));
  }
  return all;
}

int MemoryNetwork::cut_all(bool is_torn) {
  const auto all = living();
  for (const auto& wire : all) wire->cut(is_torn);
  return static_cast<int>(all.size());
}

int MemoryNetwork::silence_all() {
  const auto all = living();
  for (const auto& wire : all) wire->silence();
  return static_cast<int>(all.size());
}

}  // namespace lockstep::simulation
