// The text that Prometheus reads.
//
// Own code, since Debian's prometheus-cpp-dev brings a web server (civetweb) and curl along, and its counters
// and histograms are shared between threads (compare-and-swap on doubles, buckets searched one by one), where
// ours belong to one thread each. What is left of it is this format: three escapes and an order of lines.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/metrics/latency.hpp"

namespace lockstep::engine::metrics {

/// Name and value; the name is a plain literal, the value any text.
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

enum class Type : std::uint8_t { counter, gauge, histogram };

/// Writes the text exposition format, version 0.0.4. Every value belongs to the family that began last, and a
/// family begins once.
class TextWriter {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  TextWriter& family(std::string_view name, Type type, std::string_view help);
  TextWriter& value(const Labels& labels, double number);
  template <std::integral T>
  TextWriter& value(const Labels& labels, T number) {
    return line("", labels, std::to_string(number));
  }
  TextWriter& value(const Labels& labels, const Latency::Totals& totals);
  /// A family of one value without labels.
  template <class T>
  TextWriter& single(std::string_view name, Type type, std::string_view help, T number) {
    return family(name, type, help).value({}, number);
  }
  std::string take() { return std::move(text_); }

 private:
  TextWriter& line(std::string_view suffix, const Labels& labels, std::string_view number);

  std::string text_;
  std::string name_;
};

}  // namespace lockstep::engine::metrics
