// Anchors as text: the part of engine/config.hpp that needs no TOML.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>

#include "engine/config.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::engine {
namespace {

constexpr std::int64_t kRollingBarsMax = 1'000'000;
constexpr int kYearMin = 1900;
constexpr int kYearMax = 2199;

/// Takes a number of exactly `digits` digits off the front.
bool take_number(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + digits, out);
  const bool is_whole = error == std::errc() && rest == text.data() + digits && text[0] != '-';
  text.remove_prefix(digits);
  return is_whole;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text[0] != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SS[.mmm]Z, in UTC.
std::optional<std::int64_t> parse_utc(std::string_view text) {
  namespace chrono = std::chrono;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) || !take(text, '-') ||
      !take_number(text, 2, day)) {
    return std::nullopt;
  }
  if (!text.empty()) {
    if (!take(text, 'T') || !take_number(text, 2, hour) || !take(text, ':') ||
        !take_number(text, 2, minute) || !take(text, ':') || !take_number(text, 2, second)) {
      return std::nullopt;
    }
    if (take(text, '.') && !take_number(text, 3, ms)) return std::nullopt;
    if (text != "Z" || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  }
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < kYearMin || year > kYearMax) return std::nullopt;
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000 + ms;
}

std::string utc_text(std::int64_t ts_ms) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(ts_ms)};
  const auto days = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(days);
  const auto in_day = static_cast<int>((time - days).count());
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), in_day / 3'600'000,
                in_day / 60'000 % 60, in_day / 1'000 % 60);
  std::string result = text;
  if (in_day % 1'000 != 0) {
    std::snprintf(text, sizeof text, ".%03d", in_day % 1'000);
    result += text;
  }
  return result + "Z";
}

bool parse_count(std::string_view text, std::int64_t& out) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return false;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && rest == text.data() + text.size() && out <= kRollingBarsMax;
}

std::optional<Anchor> parse_rolling(std::string_view counts) {
  const std::size_t slash = counts.find('/');
  Anchor anchor{Anchor::Kind::rolling, 0, 0, 0};
  if (slash == std::string_view::npos || !parse_count(counts.substr(0, slash), anchor.bars) ||
      !parse_count(counts.substr(slash + 1), anchor.step)) {
    return std::nullopt;
  }
  return anchor;
}

}  // namespace

Anchor parse_anchor(std::string_view text) {
  constexpr std::string_view kRolling = "rolling:";
  if (text == "history") return {};
  if (text.starts_with(kRolling)) {
    if (const auto anchor = parse_rolling(text.substr(kRolling.size()))) return *anchor;
  } else if (const auto time_ms = parse_utc(text)) {
    return {Anchor::Kind::time, *time_ms, 0, 0};
  }
  throw ConfigError(
      "anchor \"" + std::string(text.substr(0, 80)) +
      "\": must be \"history\", a UTC time of 1900 to 2199 (\"2024-01-01\" or \"2024-01-01T00:00:00Z\"), "
      "or \"rolling:N/S\" with N and S from 1 to 1000000 (\"rolling:1500/100\")");
}

std::string to_string(const Anchor& anchor) {
  switch (anchor.kind) {
    case Anchor::Kind::time:
      return utc_text(anchor.time_ms);
    case Anchor::Kind::rolling:
      return "rolling:" + std::to_string(anchor.bars) + "/" + std::to_string(anchor.step);
    case Anchor::Kind::history:
      break;
  }
  return "history";
}

}  // namespace lockstep::engine
