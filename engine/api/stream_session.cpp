#include "engine/api/stream_session.hpp"

#include <algorithm>
#include <utility>

#include "engine/api/json_writer.hpp"
#include "engine/api/signal_json.hpp"

namespace lockstep::engine {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

/// Names in the filters that are remembered of one client, and their number.
constexpr std::size_t kSaidNamesMax = 10'000;

std::int64_t in_ns(std::chrono::milliseconds duration) {
  return std::chrono::nanoseconds(duration).count();
}

}  // namespace

StreamSession::StreamSession(std::shared_ptr<ServerState> state, beast::tcp_stream stream,
                             StreamOptions options)
    : state_(std::move(state)),
      socket_(std::move(stream)),
      options_(std::move(options)),
      connection_registration_(state_->connections, this),
      wanted_(state_->store.size()),
      awaits_snapshot_(state_->store.size()),
      queue_(state_->limits.conflate_bytes, state_->limits.outgoing_bytes_max) {
  boost::system::error_code error;
  const auto endpoint = beast::get_lowest_layer(socket_).socket().remote_endpoint(error);
  if (!error) peer_ = endpoint.address();
}

void StreamSession::start(const Request& request) {
  beast::get_lowest_layer(socket_).expires_never();  // the websocket has deadlines of its own
  websocket::stream_base::timeout deadlines{};
  deadlines.handshake_timeout = state_->limits.upgrade;
  deadlines.idle_timeout = state_->limits.idle;
  deadlines.keep_alive_pings = true;
  socket_.set_option(deadlines);
  socket_.read_message_max(state_->limits.frame_bytes_max);
  socket_.auto_fragment(false);
  socket_.text(true);
  if (options_.offers_protocol) {
    socket_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(boost::beast::http::field::sec_websocket_protocol, kStreamProtocol);
    }));
  }
  socket_.control_callback([this](websocket::frame_type kind, beast::string_view) {
    if (kind == websocket::frame_type::ping) is_within_rate();
  });
  socket_.async_accept(request, [self = shared_from_this()](ErrorCode error) { self->on_accepted(error); });
}

void StreamSession::on_accepted(ErrorCode error) {
  if (error || is_closing_) return cut();
  stream_registration_ = std::make_unique<Registration<StreamSession>>(state_->streams, this);
  ts_heartbeat_ns_ = monotonic_ns();
  if (!options_.starts_empty) {
    subscribe(options_.filter, default_kinds());
    remember({true, default_kinds(), options_.filter});
  }
  say_hello();
  read();
}

void StreamSession::read() {
  incoming_.clear();
  socket_.async_read(incoming_,
                     [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void StreamSession::on_read(ErrorCode error) {
  if (error) {
    if (!is_closing_) cut();
    return;
  }
  if (!is_closing_ && is_within_rate()) {
    const auto data = incoming_.cdata();
    if (socket_.got_text()) {
      obey(std::string_view(static_cast<const char*>(data.data()), data.size()));
    } else {
      say_error({400, "bad_message", "binary messages are not understood; send JSON text"});
    }
  }
  read();  // also while closing: the client's close frame is awaited here
}

bool StreamSession::is_within_rate() {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns - ts_rate_ns_ >= kSecondNs) {
    ts_rate_ns_ = now_ns;
    messages_in_window_ = 0;
  }
  if (++messages_in_window_ <= state_->limits.messages_per_s_max) return true;
  close(websocket::close_code::policy_error,
        "more than " + std::to_string(state_->limits.messages_per_s_max) + " messages in a second");
  return false;
}

void StreamSession::obey(std::string_view text) {
  const auto parsed = parse_client_command(text);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return say_error(*error);
  const auto& command = std::get<ClientCommand>(parsed);
  if (const auto error = command.filter.check(state_->index, state_->limits.names_max))
    return say_error(*error);
  obey(command);
}

void StreamSession::obey(const ClientCommand& command) {
  const KindSet unsaid = command.is_subscribe ? default_kinds() : kAllKinds;
  const KindSet kinds = command.kinds != 0 ? command.kinds : unsaid;
  const std::size_t changed =
      command.is_subscribe ? subscribe(command.filter, kinds) : unsubscribe(command.filter, kinds);
  remember({command.is_subscribe, kinds, command.filter});
  ClientAnswer answer{"subscription", {}};
  JsonWriter(answer.fields)
      .field("action", command.is_subscribe ? "subscribe" : "unsubscribe")
      .field("changed", changed)
      .field("series", subscribed());
  say(std::move(answer));
}

void StreamSession::say_error(const ApiError& error) {
  ClientAnswer answer{"error", {}};
  JsonWriter(answer.fields).field("code", error.code).field("message", error.message);
  say(std::move(answer));
}

const char* StreamSession::resume() {
  if (options_.resume_epoch != state_->epoch) return "another epoch: the daemon has started anew since";
  if (!state_->log.reaches(options_.resume_position)) return "too old: more has happened since than is kept";
  snapshots_.clear();
  awaits_snapshot_.assign(awaits_snapshot_.size(), false);
  is_catching_up_ = true;
  sent_ = options_.resume_position;
  return nullptr;
}

void StreamSession::say_hello() {
  const bool is_back = !options_.resume_epoch.empty();
  const char* const refusal = is_back ? resume() : nullptr;
  ClientAnswer answer{"hello", {}};
  JsonWriter(answer.fields)
      .field("version", LOCKSTEP_VERSION)
      .field("now_ms", wall_ms())
      .field("heartbeat_ms", state_->limits.heartbeat.count())
      .field("closed_only", options_.is_closed_only)
      .field("series", subscribed())
      .field("resumed", is_back && refusal == nullptr);
  JsonWriter json(answer.fields += ',');
  refusal != nullptr ? json.field("resume_refused", refusal) : json.null_field("resume_refused");
  say(std::move(answer));
}

void StreamSession::say(ClientAnswer answer) {
  answers_.push_back(std::move(answer));
  pump();
}

KindSet StreamSession::default_kinds() const {
  return options_.is_closed_only ? kAllKinds & ~kind_bit(Signal::Kind::open_bar) : kAllKinds;
}

/// What it says of the same series and kinds again takes the place of what it said before.
void StreamSession::remember(ClientCommand command) {
  std::erase_if(said_, [&](const ClientCommand& each) {
    return each.kinds == command.kinds && each.filter == command.filter;
  });
  said_.push_back(std::move(command));
  std::size_t names = 0;
  for (const ClientCommand& each : said_)
    names += 1 + each.filter.venues.size() + each.filter.symbols.size() + each.filter.intervals.size();
  for (; names > kSaidNamesMax; said_.pop_front()) {
    const SeriesFilter& oldest = said_.front().filter;
    names -= 1 + oldest.venues.size() + oldest.symbols.size() + oldest.intervals.size();
  }
}

void StreamSession::add_series(const core::Series& series) {
  KindSet& wanted = wanted_.emplace_back(KindSet{0});
  awaits_snapshot_.push_back(false);
  for (const ClientCommand& command : said_) {
    if (!command.filter.matches(series)) continue;
    wanted = static_cast<KindSet>(command.is_subscribe ? wanted | command.kinds : wanted & ~command.kinds);
  }
}

std::size_t StreamSession::subscribe(const SeriesFilter& filter, KindSet kinds) {
  std::size_t changed = 0;
  for (const core::Series& series : state_->index.catalog().series()) {
    KindSet& wanted = wanted_[series.id];
    if ((wanted | kinds) == wanted || !filter.matches(series)) continue;
    wanted |= kinds;
    ++changed;
    if (state_->store.is_removed(series.id)) continue;  // it speaks again when it comes back
    if (!awaits_snapshot_[series.id]) snapshots_.push_back(series.id);
    awaits_snapshot_[series.id] = true;
  }
  return changed;
}

std::size_t StreamSession::unsubscribe(const SeriesFilter& filter, KindSet kinds) {
  std::size_t changed = 0;
  for (const core::Series& series : state_->index.catalog().series()) {
    KindSet& wanted = wanted_[series.id];
    if ((wanted & kinds) == 0 || !filter.matches(series)) continue;
    wanted &= static_cast<KindSet>(~kinds);
    if (wanted == 0) awaits_snapshot_[series.id] = false;
    ++changed;
  }
  // What waits for these series would otherwise come after the answer, or after the snapshot of a new
  // subscription.
  queue_.keep([this](core::SeriesId id, Signal::Kind kind) { return (wanted_[id] & kind_bit(kind)) != 0; });
  std::erase_if(snapshots_, [this](core::SeriesId id) { return wanted_[id] == 0; });
  return changed;
}

std::size_t StreamSession::subscribed() const {
  return static_cast<std::size_t>(
      std::count_if(wanted_.begin(), wanted_.end(), [](KindSet kinds) { return kinds != 0; }));
}

bool StreamSession::wants(const Signal& signal) const {
  if (is_closing_ || is_catching_up_ || awaits_snapshot_[signal.series]) return false;
  return (wanted_[signal.series] & kind_bit(signal.kind)) != 0;
}

void StreamSession::offer(const Signal& signal, std::uint64_t position,
                          const std::shared_ptr<const std::string>& rest) {
  switch (queue_.push({rest, signal.series, signal.kind, signal.ts_published_ns, position, 0})) {
    case OutgoingQueue::Push::queued:
      return pump();
    case OutgoingQueue::Push::conflated:
      ++state_->counters.conflated;
      return;
    case OutgoingQueue::Push::overflow:
      break;
  }
  ++state_->counters.closed_slow;
  close(websocket::close_code::try_again_later,
        "too slow: more than " + std::to_string(state_->limits.outgoing_bytes_max) + " bytes waiting");
}

void StreamSession::cut() {
  is_closing_ = true;
  queue_.clear();
  ErrorCode ignored;
  beast::get_lowest_layer(socket_).socket().close(ignored);
}

void StreamSession::close(websocket::close_code code, std::string_view reason) {
  if (is_closing_) return;
  if (!stream_registration_)
    return cut();  // still upgrading: there is no websocket yet to close in its own way
  is_closing_ = true;
  ts_closing_ns_ = monotonic_ns();
  queue_.clear();
  answers_.clear();
  snapshots_.clear();
  websocket::close_reason why(code);
  why.reason.assign(reason.begin(), reason.begin() + std::min(reason.size(), why.reason.max_size()));
  socket_.async_close(why, [self = shared_from_this()](ErrorCode) { self->cut(); });
}

void StreamSession::tick(std::int64_t now_ns) {
  if (is_closing_) {
    if (now_ns - ts_closing_ns_ > in_ns(state_->limits.closing)) cut();
    return;
  }
  if (!stream_registration_) return;  // still upgrading: the handshake has its own deadline
  if (is_writing_ && now_ns - ts_write_ns_ > in_ns(state_->limits.write)) {
    ++state_->counters.closed_slow;
    return cut();
  }
  if (now_ns - ts_heartbeat_ns_ >= in_ns(state_->limits.heartbeat)) {
    ts_heartbeat_ns_ = now_ns;
    is_heartbeat_due_ = true;
    pump();
  }
}

}  // namespace lockstep::engine
