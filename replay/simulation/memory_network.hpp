// The network of a simulation: connections in memory between the daemon and the simulated venue, and what
// goes wrong on them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feeds/net/transport.hpp"
#include "replay/sim/detail/transport.hpp"
#include "replay/simulation/random.hpp"
#include "replay/simulation/venue_faults.hpp"

namespace lockstep::simulation {

/// One connection. Kept by its two ends and its own timers.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(boost::asio::io_context& io, Random& random, VenueFaults& faults);

  std::unique_ptr<feeds::net::StandIn> client_end();
  std::unique_ptr<sim::Transport> venue_end();

  /// Both sides see the end; `is_torn`: after a part of what is under way.
  void cut(bool is_torn);
  /// A cable or a NAT entry is gone: nothing arrives any more on either side, and nobody is told.
  void silence() { is_silent_ = true; }
  /// The world ends: nobody hears of it any more. Who waits for bytes holds the wire, and the wire holds
  /// them.
  void forget();
  bool is_over() const { return lanes_[0].is_ended && lanes_[1].is_ended; }
  bool is_web() const { return is_web_; }

 private:
  friend class ClientEnd;
  friend class VenueEnd;
  using Handler = std::function<void(boost::system::error_code, std::size_t)>;
  struct Chunk {
    std::string bytes;
    std::function<void()> delivered;
    bool is_news = false;
  };
  /// One direction.
  struct Lane {
    explicit Lane(boost::asio::io_context& io) : timer(io) {}
    std::multimap<std::int64_t, Chunk> under_way;  ///< by the time of its arrival, ms
    std::int64_t last_due_ms = 0;
    std::string arrived;
    boost::asio::mutable_buffer buffer;
    Handler reader;
    bool is_ended = false;
    boost::asio::steady_timer timer;
  };
  enum Direction { to_client, to_venue };

  void read(Direction direction, boost::asio::mutable_buffer buffer, Handler handler);
  void write(Direction direction, boost::asio::const_buffer buffer, Handler handler);
  void close(Direction reads);
  void send(Direction direction, std::string bytes, std::int64_t delay_ms, bool is_in_order,
            std::function<void()> delivered = {}, bool is_news = false);
  void end(Lane& lane, boost::system::error_code error);
  void arm(Direction direction);
  void arrive(Direction direction);
  void feed(Lane& lane);

  boost::asio::io_context& io_;
  Random& random_;
  VenueFaults& faults_;
  Lane lanes_[2];
  bool is_silent_ = false;
  bool is_web_ = false;
  std::int64_t latency_ms_;
};

/// Who may connect, and all connections.
class MemoryNetwork {
 public:
  enum class Mode { open, refusing, unreachable };
  /// The venue takes its end of a new connection.
  using Accept = std::function<void(std::unique_ptr<sim::Transport>)>;

  /// Becomes the network of the io_context.
  MemoryNetwork(boost::asio::io_context& io, Random& random, VenueFaults& faults, Accept accept);
  ~MemoryNetwork();
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  void set_mode(Mode mode) { mode_ = mode; }
  int cut_all(bool is_torn);
  int silence_all();

 private:
  void dial(feeds::net::StandInNetwork::Done done);
  std::vector<std::shared_ptr<Wire>> living();

  boost::asio::io_context& io_;
  Random& random_;
  VenueFaults& faults_;
  Accept accept_;
  Mode mode_ = Mode::open;
  std::vector<std::weak_ptr<Wire>> wires_;
};

}  // namespace lockstep::simulation
