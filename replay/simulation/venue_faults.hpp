// What a venue does wrong: in its websocket frames and in its REST answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/simulation/random.hpp"

namespace lockstep::simulation {

/// Of a thousand frames with bars (and acknowledgements, for `drop`).
struct FrameTrouble {
  int duplicate = 0;      ///< sent again, at once or seconds later
  int late = 0;           ///< seconds behind those that follow it
  int swap = 0;           ///< behind the next one
  int drop = 0;           ///< never sent
  int garble = 0;         ///< what it says cannot be, or is no JSON
  int lie = 0;            ///< a closed bar with another close, put right a moment later
  bool is_stuck = false;  ///< the same frame over and over
};

enum class RestTrouble {
  none,
  too_many,
  banned,
  unavailable,
  html,
  hangs,
  slow,
  truncated,
  empty,
  stale,
  cut
};
inline constexpr RestTrouble kRestTroubles[] = {
    RestTrouble::too_many, RestTrouble::banned, RestTrouble::unavailable, RestTrouble::html,
    RestTrouble::hangs,    RestTrouble::slow,   RestTrouble::truncated,   RestTrouble::empty,
    RestTrouble::stale,    RestTrouble::cut};
const char* to_string(RestTrouble trouble);

/// Some bytes for the client, and when.
struct VenuePiece {
  std::string bytes;
  std::int64_t delay_ms = 0;
  bool is_in_order = true;  ///< false: those behind it may pass
  bool is_cut_after = false;
  bool is_news = false;  ///< a frame with data that is not the one before again
  std::function<void()> delivered = {};
};

/// A closed bar that was told with another close first.
struct Lie {
  std::string symbol;
  std::int64_t ts_open_ms = 0;
  bool is_corrected = false;  ///< the right one has been delivered
  std::int64_t corrected_ms = 0;
};

class VenueFaults {
 public:
  explicit VenueFaults(Random& random) : random_(random) {}

  FrameTrouble frames;
  RestTrouble rest = RestTrouble::none;
  std::vector<Lie> lies;
  std::int64_t last_news_ms = 0;  ///< when the client last got one
  /// For the trace: what was done.
  std::function<void(const std::string&)> note = [](const std::string&) {};

  /// What becomes of bytes that the venue writes. `is_web`: the connection is a websocket; set when it
  /// becomes one.
  std::vector<VenuePiece> apply(std::string_view bytes, bool& is_web);

 private:
  void add_frames(std::string_view bytes, std::vector<VenuePiece>& pieces);
  void add_frame(std::string_view frame, std::string_view text, std::vector<VenuePiece>& pieces);
  bool add_lie(std::string_view text, std::vector<VenuePiece>& pieces);
  std::string garbled(std::string_view text);
  std::vector<VenuePiece> answer(std::string_view bytes);

  Random& random_;
  std::optional<std::string> swapped_;  // waits for the next frame
  std::string stuck_;
};

}  // namespace lockstep::simulation
