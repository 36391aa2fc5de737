#include "feeds/net/http_client.hpp"

#include "feeds/net/http_exchange.hpp"

namespace lockstep::feeds::net {

using Clock = HostLimiter::Clock;

HttpClient::HttpClient(boost::asio::io_context& io, HttpSettings settings)
    : io_(io), settings_(std::move(settings)), timer_(io) {}

void HttpClient::get(std::string target, int weight, Done done) {
  if (is_stopped_) return;
  queue_.push_back({std::move(target), weight, std::move(done)});
  pump();
}

void HttpClient::pump() {
  if (is_stopped_) return;
  while (!queue_.empty() && std::ssize(in_flight_) < settings_.connections_max) {
    const Clock::time_point now = Clock::now();
    const Clock::duration wait = settings_.limiter->wait(queue_.front().weight, now);
    if (wait > Clock::duration::zero()) {
      if (!waits_since_) {
        waits_since_ = now;
        ++counters_.waits;
      }
      timer_.expires_after(wait);
      timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->pump();
      });
      return;
    }
    if (waits_since_) {
      counters_.wait_ms += static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(now - *waits_since_).count());
      waits_since_.reset();
    }
    ++counters_.requests;
    settings_.limiter->note_sent(queue_.front().weight, now);
    Request request = std::move(queue_.front());
    queue_.pop_front();
    begin(std::move(request));
  }
}

void HttpClient::begin(Request request) {
  std::shared_ptr<Transport> transport;
  if (!idle_.empty()) {
    transport = std::move(idle_.back());
    idle_.pop_back();
  }
  const auto exchange = std::make_shared<HttpExchange>(io_, settings_, request.target);
  in_flight_.insert(exchange);
  // The client holds the exchange, so the exchange must not hold itself.
  exchange->on_done([self = shared_from_this(), weak = std::weak_ptr(exchange), weight = request.weight,
                     done = std::move(request.done)](HttpAnswer answer) {
    self->in_flight_.erase(weak.lock());
    self->settings_.limiter->note_answer(weight, static_cast<int>(answer.result.status), answer.used_weight,
                                         answer.retry_after, Clock::now());
    if (answer.transport) self->idle_.push_back(std::move(answer.transport));
    if (!answer.result.error.empty()) ++self->counters_.errors;
    done(std::move(answer.result));
    self->pump();
  });
  exchange->start(std::move(transport));
}

void HttpClient::stop() {
  is_stopped_ = true;
  queue_.clear();
  idle_.clear();
  timer_.cancel();
  for (const auto& exchange : in_flight_) exchange->cancel();
  in_flight_.clear();
}

}  // namespace lockstep::feeds::net
