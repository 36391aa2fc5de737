#include "tools/csv/output_writer.hpp"

#include <bit>
#include <charconv>
#include <cstring>

namespace lockstep::tools {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;
constexpr std::size_t kRowBytesMax = 8 << 10;  // 121 doubles of at most 24 characters, 54 signs, their commas

std::string_view event_text(TradeEvent event) {
  switch (event) {
    case TradeEvent::long_:
      return "long";
    case TradeEvent::short_:
      return "short";
    case TradeEvent::none:
      break;
  }
  return "";
}

}  // namespace

OutputWriter::OutputWriter(FileWriter& file, int price_scale)
    : file_(file), price_scale_(price_scale), buffer_(kBufferBytes) {
  int hundredths = -kSignalSteps;
  for (ShortText& entry : signal_texts_) {
    const double value = hundredths++ / 100.0;
    entry.bits = std::bit_cast<std::uint64_t>(value);
    entry.size = static_cast<std::uint8_t>(std::to_chars(entry.text, entry.text + 7, value).ptr - entry.text);
  }
}

void OutputWriter::header(const AtcConfig* detail_config) {
  std::string line = "ts_ms,close,average_signal";
  for (const std::string_view family : kFamilyNames) line.append(",").append(family).append("_signal");
  for (const std::string_view family : kFamilyNames) line.append(",").append(family).append("_equity");
  line += ",direction,event";
  for (int family = 0; detail_config != nullptr && family < kFamilies; ++family) {
    if (!detail_config->enabled[static_cast<std::size_t>(family)]) continue;
    detail_families_.push_back(family);
    for (const int length : member_lengths(*detail_config, static_cast<Family>(family))) {
      std::string name(kFamilyNames[static_cast<std::size_t>(family)]);
      name.append("_").append(std::to_string(length));
      line.append(",")
          .append(name)
          .append(",")
          .append(name)
          .append("_signal,")
          .append(name)
          .append("_equity");
    }
  }
  put(line);
  put('\n');
}

void OutputWriter::begin_row(const BarTicks& bar, const Outputs& outputs) {
  put(bar.ts_open_ms);
  put(',');
  put_price(bar.close);
  put(',');
  put_double(outputs.average);
  for (const double signal : outputs.signal) {
    put(',');
    put_signal(signal);
  }
  for (const double equity : outputs.equity) {
    put(',');
    put_double(equity);
  }
  put(',');
  if (outputs.direction != 0) put(outputs.direction > 0 ? "1" : "-1");
  put(',');
  put(event_text(outputs.event));
}

void OutputWriter::members(const Detail* detail) {
  for (const int family_index : detail_families_) {
    const auto family = static_cast<std::size_t>(family_index);
    for (std::size_t member = 0; member < kMembers; ++member) {
      put(',');
      if (detail != nullptr) put_double(detail->average[family][member]);
      put(',');
      if (detail != nullptr) put(static_cast<std::int64_t>(detail->signal[family][member]));
      put(',');
      if (detail != nullptr) put_double(detail->equity[family][member]);
    }
  }
}

void OutputWriter::end_row() {
  put('\n');
  ++rows_;
  if (buffer_.size() - size_ < kRowBytesMax) flush();
}

void OutputWriter::flush() {
  file_.write({buffer_.data(), size_});
  size_ = 0;
}

void OutputWriter::put(std::string_view text) {
  std::memcpy(buffer_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

void OutputWriter::put(std::int64_t value) {
  char* const begin = buffer_.data() + size_;
  size_ += static_cast<std::size_t>(std::to_chars(begin, begin + 20, value).ptr - begin);
}

void OutputWriter::put_double(double value) {
  if (is_undefined(value)) return;
  char* const begin = buffer_.data() + size_;
  size_ += static_cast<std::size_t>(std::to_chars(begin, begin + 32, value).ptr - begin);
}

void OutputWriter::put_signal(double value) {
  const double hundredths = value * kSignalSteps;
  if (!(hundredths >= -kSignalSteps && hundredths <= kSignalSteps)) return put_double(value);
  constexpr double kToNearestIndex = kSignalSteps + 0.5;
  const auto& entry = signal_texts_[static_cast<std::size_t>(hundredths + kToNearestIndex)];
  if (entry.bits != std::bit_cast<std::uint64_t>(value)) return put_double(value);
  put({entry.text, entry.size});
}

void OutputWriter::put_price(std::int64_t ticks) {
  if (price_scale_ == 0) return put(ticks);
  char digits[40];
  std::memset(digits, '0', 19);  // zeros in front, so that there is a digit before the point
  char* begin = digits + 19;
  const char* const end = std::to_chars(begin, digits + sizeof digits, ticks).ptr;
  if (end - begin <= price_scale_) begin = const_cast<char*>(end) - price_scale_ - 1;
  put({begin, static_cast<std::size_t>(end - begin - price_scale_)});
  put('.');
  put({end - price_scale_, static_cast<std::size_t>(price_scale_)});
}

}  // namespace lockstep::tools
