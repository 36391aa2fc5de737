// Rows of frames that are objects: the same things under the venues' names for them.
#pragma once

#include "feeds/frame.hpp"

namespace lockstep::feeds::json {

/// Whether no two of `names` have the same tag, so that one switch tells them apart.
template <std::size_t N>
consteval bool have_own_tags(const char* const (&names)[N]) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (key_tag(names[i]) == key_tag(names[j])) return false;
    }
  }
  return true;
}

/// Takes prices and volume of a bar whose keys are open, high, low, close and volume, as most venues call
/// them; they must be the first of the names that are walked. Any other key: nothing. `field` is
/// walk_fields()'.
template <class TakeField>
[[gnu::always_inline]] inline ParseResult take_bar_text(std::string_view key, TakeField&& field,
                                                        BarTexts& bar) {
  switch (key_tag(key)) {
    case key_tag("open"):
      return field(0, bar.open, read_text);
    case key_tag("high"):
      return field(1, bar.high, read_text);
    case key_tag("low"):
      return field(2, bar.low, read_text);
    case key_tag("close"):
      return field(3, bar.close, read_text);
    case key_tag("volume"):
      return field(4, bar.volume, read_text);
    default:
      return kOk;
  }
}

/// Walks a trade. `kNames` are the venue's keys of symbol, trade id, price, quantity and time, then what else
/// take_more(key, field) takes, which may be missing. All five must be there.
template <const auto& kNames, class ReadId, class ReadTime, class TakeMore>
ParseResult walk_trade(Object& row, TradeRecord& trade, ReadId&& read_id, ReadTime&& read_time,
                       TakeMore&& take_more) {
  static_assert(have_own_tags(kNames));
  constexpr std::size_t kNeeded = 5;
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag(kNames[0]):
        return field(0, trade.symbol, read_string);
      case key_tag(kNames[1]):
        return field(1, trade.trade_id, read_id);
      case key_tag(kNames[2]):
        return field(2, trade.price, read_text);
      case key_tag(kNames[3]):
        return field(3, trade.quantity, read_text);
      case key_tag(kNames[4]):
        return field(4, trade.ts_event_ms, read_time);
      default:
        return take_more(key, field);
    }
  };
  return walk_fields(row, kNames, visit, kNeeded);
}

/// walk_trade() of a row that must be an object.
template <const auto& kNames, class ReadId, class ReadTime, class TakeMore>
ParseResult walk_trade_row(Value& value, TradeRecord& trade, ReadId&& read_id, ReadTime&& read_time,
                           TakeMore&& take_more) {
  Object row;
  if (value.get_object().get(row) != simdjson::SUCCESS) return wrong_shape("a trade row is an object");
  return walk_trade<kNames>(row, trade, read_id, read_time, take_more);
}

/// For trades of which nothing else is taken.
inline constexpr auto kNothingMore = [](std::string_view, auto&&) { return kOk; };

/// The field of an outermost object that is read by what another one says, and may come before that.
class DependentField {
 public:
  explicit DependentField(const char* name) : name_(name) {}

  /// When it is met: read(value) if what it depends on `is_known`, else nothing yet.
  template <class Read>
  ParseResult take(Value& value, bool is_known, Read&& read) {
    if (is_met_) return duplicate(name_);
    is_met_ = true;
    is_left_ = !is_known;
    return is_known ? read(value) : kOk;
  }
  /// Once the object has been walked: now, if it was met too early.
  template <class Read>
  ParseResult take_left(Object& outer, bool is_known, Read&& read) const {
    return is_left_ && is_known ? read_again(outer, name_, read) : kOk;
  }

 private:
  const char* name_;
  bool is_met_ = false, is_left_ = false;
};

}  // namespace lockstep::feeds::json
