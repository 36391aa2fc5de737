// What any venue's frame says, past which nobody sees JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "feeds/bar_reader.hpp"
#include "feeds/json_fields.hpp"

namespace lockstep::feeds {

enum class FrameKind : std::uint8_t {
  bar,        ///< bars[]: at least one
  trade,      ///< trades[]: at least one
  ack,        ///< a request of ours was taken: reply
  error,      ///< a request of ours was not, or the venue complains: reply
  heartbeat,  ///< the venue lives; also the answer to a ping of ours
  status,     ///< news of the venue itself: reply.message
  unknown,    ///< proper, but of no use to us
};

/// What a venue says about a bar being final.
enum class BarState : std::uint8_t {
  open,    ///< it may still change
  closed,  ///< it is final
  unsaid,  ///< the venue has no such flag: a later bar is the proof
};

/// Texts point into the frame (or into the parser, where the frame had escapes) until the next parse.
struct BarRecord {
  std::string_view symbol;  ///< as the venue writes it
  std::string_view
      interval;  ///< as lockstep writes it ("1m"), or the venue's text where it has no such thing
  std::int64_t ts_event_ms = 0;  ///< the venue's time of the frame; 0: the frame carries none
  BarTexts bar;
  BarState state = BarState::open;

  bool is_closed() const { return state == BarState::closed; }
};

struct TradeRecord {
  std::string_view symbol;
  std::int64_t ts_event_ms = 0;  ///< when it was traded
  std::string_view price, quantity;
  std::string_view trade_id;  ///< the newest one's, where several fills come as one record
  std::string_view origin;    ///< USD-M: MARKET, INSURANCE_FUND, ...; empty elsewhere
  std::int64_t fills = 1;     ///< how many trades this record stands for
};

/// One subscription that an answer is about. An empty interval: the trades of the symbol.
struct SubscriptionName {
  std::string_view symbol;
  std::string_view interval;
};

/// An answer to a request of ours.
struct Reply {
  std::int64_t id = -1;                 ///< of the request; -1: not said
  std::int64_t code = 0;                ///< error only; 0: the venue gives none
  std::string_view message;             ///< error and status
  std::vector<SubscriptionName> names;  ///< what it is about, where the venue says so
};

/// Which of the members hold is told by `kind`.
struct Frame {
  FrameKind kind = FrameKind::unknown;
  bool is_snapshot = false;         ///< bars or trades of the past, sent once after subscribing
  bool is_ending = false;           ///< status: the venue is about to end the connection
  std::int64_t sequence = -1;       ///< of the connection, +1 a frame; -1: the venue has none
  std::int64_t ts_event_ms = 0;     ///< the venue's time of the frame; 0: it carries none
  std::vector<BarRecord> bars;      ///< in the order they are to be taken
  std::vector<TradeRecord> trades;  ///< in the order they are to be taken
  Reply reply;

  /// Everything as in a new one, but memory is kept.
  void clear();
};

inline void Frame::clear() {
  kind = FrameKind::unknown;
  is_snapshot = is_ending = false;
  sequence = -1;
  ts_event_ms = 0;
  bars.clear();
  trades.clear();
  reply.id = -1;
  reply.code = 0;
  reply.message = {};
  reply.names.clear();
}

/// Frames of one venue, from bytes. Pure: no sockets, no clock, no allocation per frame once its vectors have
/// grown. Reuse one parser for all frames of a thread.
///
/// Fields may come in any order. Unknown keys, unknown kinds and blanks are skipped; a needed key that is
/// there twice is refused. The whole of a frame is read, so a cut or damaged one is never taken for good.
class FrameParser {
 public:
  virtual ~FrameParser() = default;
  /// `bytes` must be followed by kJsonPadding readable bytes. On any status but ok `frame` is unspecified,
  /// but for symbol and interval of the first bar, if there is one: as far as they had been read.
  virtual ParseResult parse(std::string_view bytes, Frame& frame) = 0;
};

}  // namespace lockstep::feeds
