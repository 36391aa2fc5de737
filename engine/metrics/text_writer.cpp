#include "engine/metrics/text_writer.hpp"

#include <charconv>
#include <cmath>

namespace lockstep::engine::metrics {
namespace {

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_escaped(std::string& out, std::string_view text, bool is_label) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && is_label) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string_view type_text(Type type) {
  if (type == Type::counter) return "counter";
  return type == Type::gauge ? "gauge" : "histogram";
}

}  // namespace

TextWriter& TextWriter::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type_text(type)).append("\n");
  return *this;
}

TextWriter& TextWriter::line(std::string_view suffix, const Labels& labels, std::string_view number) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(text_, value, true);
    text_ += '"';
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_.append(" ").append(number).append("\n");
  return *this;
}

TextWriter& TextWriter::value(const Labels& labels, double number) {
  return line("", labels, number_text(number));
}

TextWriter& TextWriter::value(const Labels& labels, const Latency::Totals& totals) {
  Labels with_bound = labels;
  with_bound.emplace_back("le", "");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < totals.counts.size(); ++i) {
    count += totals.counts[i];
    const bool is_last = i == kLatencyBoundsNs.size();
    const std::string bound = is_last ? "+Inf" : number_text(static_cast<double>(kLatencyBoundsNs[i]) / 1e9);
    with_bound.back().second = bound;
    line("_bucket", with_bound, std::to_string(count));
  }
  line("_sum", labels, number_text(static_cast<double>(totals.sum_ns) / 1e9));
  return line("_count", labels, std::to_string(count));
}

}  // namespace lockstep::engine::metrics
