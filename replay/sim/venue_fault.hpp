// Everything that a simulated venue can do wrong, by name, with the rows of docs/faults.md that it makes.
// What lines do wrong is LineFault (fault_proxy.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lockstep::sim {

enum class Dialect : std::uint8_t;

enum class VenueFault : std::uint8_t {
  // Frames that close a bar, and pushes of trades.
  lost,             ///< never sent
  twice,            ///< sent again at once
  cut_text,         ///< half of its text
  before_again,     ///< the frame before it comes once more behind it
  late_close,       ///< behind the next frames of its stream
  other_close,      ///< told with another close, and then as it is
  unflagged_close,  ///< the flag says open
  off_grid,         ///< the bar opens 7 s off its grid
  wrong_unit,       ///< the bar's time is a thousand times too small
  nan_price,        ///< a close of NaN
  zero_price,       ///< a low of 0
  negative_price,   ///< an open below 0
  high_below_low,   ///< a high far below the low
  huge_exponent,    ///< an open of 1e999
  new_field,        ///< a key that nobody knows, first
  unknown_kind,     ///< a message of a kind that nobody knows, before it
  key_order,        ///< keys in another order
  duplicate_key,    ///< a needed key twice
  hostile_symbol,   ///< the same of a symbol whose name is an attack, before it
  lost_update,      ///< the last one of a bar that nothing says to be final: trades alone tell
  // Frames of an open bar.
  early_close,  ///< the flag says closed
  repeats,      ///< lasting: the same frame over and over, and no other
  // Any frame with data, on the wire of one client.
  fragments,        ///< in three fragments with a ping between
  bad_frame,        ///< what no server may send: by turns six kinds
  compressed,       ///< it says that it is compressed
  cut_in_frame,     ///< the connection ends inside it
  service_restart,  ///< close code 1012
  ping_flood,       ///< thirty pings at once
  ending_notice,    ///< the venue announces the end, which comes two seconds later
  lost_number,      ///< lost, and with it a number of the connection's sequence
  flood,            ///< 2,000 times
  // A client that connects.
  mute,               ///< accepted and never answered
  wrong_certificate,  ///< of an authority that nobody trusts (TLS only)
  portal,             ///< the upgrade gets a log-in page
  unheard,            ///< what it subscribes is acknowledged and never pushed
  lost_ack,           ///< its first request gets no answer
  refused_topic,      ///< the last symbol is refused, although it is listed
  // REST answers.
  too_many,       ///< 429, Retry-After 1
  banned,         ///< 418, Retry-After 1
  forbidden,      ///< 403, Retry-After 1
  maintenance,    ///< 503 with a page
  page_for_json,  ///< 200 with a page
  no_json,        ///< 200, called JSON, and is none
  no_answer,      ///< none at all
  hanging_body,   ///< half of it, then nothing
  cut_body,       ///< half of it, then the end
  huge_body,      ///< it says to be 64 MiB long
  // Pages of history, and lists.
  short_page,     ///< the older half of it
  shuffled_page,  ///< in another order, some rows twice
  lagging_page,   ///< without the open bar and the newest closed one
  unlisted,       ///< a list without the first symbol
};

/// When a fault can be made.
enum class FaultPlace : std::uint8_t { closing_frame, open_frame, wire, accept, upgrade, answer, page, list };

struct FaultInfo {
  VenueFault fault;
  std::string_view name;
  FaultPlace place;
  std::string_view rows;    ///< "N3 D14"
  bool is_lasting = false;  ///< it goes on for the time given
  bool is_drawn = true;     ///< by a seed; false: only where it is asked for
};

/// All of them, in the order of VenueFault.
std::span<const FaultInfo> venue_faults();
const FaultInfo& info(VenueFault fault);
std::optional<VenueFault> find_venue_fault(std::string_view name);
/// A venue of this kind can do that, and its truth can be known all the same: where nothing says that a bar
/// is final, nobody could tell that its last update is missing or too late.
bool can_do(Dialect dialect, VenueFault fault);

}  // namespace lockstep::sim
