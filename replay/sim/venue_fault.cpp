#include "replay/sim/venue_fault.hpp"

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim {
namespace {

using enum VenueFault;
using enum FaultPlace;

constexpr FaultInfo kFaults[] = {
    {lost, "lost", closing_frame, "D1 D6"},
    {twice, "twice", closing_frame, "D2"},
    {cut_text, "cut_text", closing_frame, "N16 D12"},
    {before_again, "before_again", closing_frame, "D3"},
    {late_close, "late_close", closing_frame, "D6 D9 D3"},
    {other_close, "other_close", closing_frame, "D4"},
    {unflagged_close, "unflagged_close", closing_frame, "D6"},
    {off_grid, "off_grid", closing_frame, "D8"},
    {wrong_unit, "wrong_unit", closing_frame, "D10"},
    {nan_price, "nan_price", closing_frame, "D12"},
    {zero_price, "zero_price", closing_frame, "D12"},
    {negative_price, "negative_price", closing_frame, "D12"},
    {high_below_low, "high_below_low", closing_frame, "D12"},
    {huge_exponent, "huge_exponent", closing_frame, "D11"},
    {new_field, "new_field", closing_frame, "D14"},
    {unknown_kind, "unknown_kind", closing_frame, "D14"},
    {key_order, "key_order", closing_frame, "D14"},
    {duplicate_key, "duplicate_key", closing_frame, "D14"},
    {hostile_symbol, "hostile_symbol", closing_frame, "D16"},
    {lost_update, "lost_update", closing_frame, "D4 D6", false, false},
    {early_close, "early_close", open_frame, "D5"},
    {repeats, "repeats", open_frame, "N3", true},
    {fragments, "fragments", wire, "N16"},
    {bad_frame, "bad_frame", wire, "N16"},
    {compressed, "compressed", wire, "N15"},
    {cut_in_frame, "cut_in_frame", wire, "N11"},
    {service_restart, "service_restart", wire, "N11"},
    {ping_flood, "ping_flood", wire, "N9"},
    {ending_notice, "ending_notice", wire, "N8 N14"},
    {lost_number, "lost_number", wire, "D1"},
    {flood, "flood", wire, "N17"},
    {mute, "mute", accept, "N6"},
    {wrong_certificate, "wrong_certificate", accept, "N13"},
    {portal, "portal", upgrade, "N18"},
    {unheard, "unheard", upgrade, "N1 N4"},
    {lost_ack, "lost_ack", upgrade, "N4"},
    {refused_topic, "refused_topic", upgrade, "N10"},
    {too_many, "too_many", answer, "R1"},
    {banned, "banned", answer, "R1"},
    {forbidden, "forbidden", answer, "R1"},
    {maintenance, "maintenance", answer, "R2"},
    {page_for_json, "page_for_json", answer, "R2"},
    {no_json, "no_json", answer, "R2"},
    {no_answer, "no_answer", answer, "R6"},
    {hanging_body, "hanging_body", answer, "R6"},
    {cut_body, "cut_body", answer, "R6"},
    {huge_body, "huge_body", answer, "R6"},
    {short_page, "short_page", page, "R3"},
    {shuffled_page, "shuffled_page", page, "R3"},
    {lagging_page, "lagging_page", page, "R5"},
    {unlisted, "unlisted", list, "D15"},
};
constexpr bool is_in_order() {
  for (std::size_t i = 0; i < std::size(kFaults); ++i) {
    if (kFaults[i].fault != static_cast<VenueFault>(i)) return false;
  }
  return std::size(kFaults) == static_cast<std::size_t>(unlisted) + 1;
}
static_assert(is_in_order());

}  // namespace

std::span<const FaultInfo> venue_faults() {
  return kFaults;
}

const FaultInfo& info(VenueFault fault) {
  return kFaults[static_cast<std::size_t>(fault)];
}

std::optional<VenueFault> find_venue_fault(std::string_view name) {
  for (const FaultInfo& fault : kFaults) {
    if (fault.name == name) return fault.fault;
  }
  return std::nullopt;
}

bool can_do(Dialect dialect, VenueFault fault) {
  const bool is_coinbase = dialect == Dialect::coinbase_advanced;
  const bool has_flag = !is_coinbase && dialect != Dialect::kraken_v2;
  switch (fault) {
    case lost:
      return dialect != Dialect::kraken_v2;  // Coinbase's trades have numbers
    case lost_update:
      return dialect == Dialect::kraken_v2;
    case late_close:
    case other_close:
    case unflagged_close:
    case early_close:
      return has_flag;
    case before_again:
    case key_order:  // numbers there are no texts, which a JSON library would write in another way
      return !is_coinbase && (fault == before_again || has_flag);
    case high_below_low:
    case off_grid:
      return !is_coinbase;  // a trade has neither
    case duplicate_key:
      return dialect != Dialect::okx;  // its bars have no keys
    case ending_notice:
      return dialect == Dialect::binance_spot || dialect == Dialect::binance_usdm || dialect == Dialect::okx;
    case lost_number:
      return is_coinbase;
    case short_page:  // elsewhere an answer covers a stretch of time, and what is not in it does not exist
    case lagging_page:
      return dialect == Dialect::binance_spot || dialect == Dialect::binance_usdm ||
             dialect == Dialect::kraken_v2;
    default:
      return true;
  }
}

}  // namespace lockstep::sim
