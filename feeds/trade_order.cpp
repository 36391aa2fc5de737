#include "feeds/trade_order.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace lockstep::feeds {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// FNV-1a. Of some thousand ids at a time no two have the same but for a chance of 2^-40.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

const std::vector<Trade>& TradeOrder::take(Trade trade, std::string_view id_text, bool& is_refused) {
  ready_.clear();
  has_gap_ = false;
  is_refused = false;
  if (ids_ == TradeIds::free) {
    take_free(trade, id_text);
  } else if (const auto id = number_of(id_text)) {
    trade.id = *id;
    take_dense(trade);
  } else {
    is_refused = true;
  }
  return ready_;
}

void TradeOrder::take_free(Trade trade, std::string_view id_text) {
  const std::uint64_t key = number_of(id_text).value_or(hash_of(id_text));
  if (!seen_.insert(key).second) {
    ++duplicates_;
    return;
  }
  seen_order_.push_back(key);
  if (seen_order_.size() > kRememberedMax) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  trade.id = next_id_++;
  ready_.push_back(trade);
}

void TradeOrder::take_dense(const Trade& trade) {
  if (!is_begun_) {
    is_begun_ = true;
    next_id_ = trade.id;
  }
  if (trade.id < next_id_ || !held_.emplace(trade.id, trade).second) {
    ++duplicates_;
    return;
  }
  release();
  if (held_.empty()) return;
  const std::int64_t newest_ms =
      std::max_element(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
        return a.second.ts_ms < b.second.ts_ms;
      })->second.ts_ms;
  if (held_.size() < kHeldMax && newest_ms < last_ts_ms_ + kWaitMs) return;
  ++gaps_;
  has_gap_ = true;
  next_id_ = held_.begin()->first;
  release();
}

void TradeOrder::release() {
  for (auto first = held_.begin(); first != held_.end() && first->first == next_id_;
       first = held_.erase(first)) {
    ready_.push_back(first->second);
    last_ts_ms_ = std::max(last_ts_ms_, first->second.ts_ms);
    ++next_id_;
  }
}

void TradeOrder::reset() {
  is_begun_ = false;
  held_.clear();
}

}  // namespace lockstep::feeds
