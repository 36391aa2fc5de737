// The rows that `lockstep compute` writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "incremental/bar.hpp"
#include "incremental/outputs.hpp"
#include "tools/csv/file_writer.hpp"

namespace lockstep::tools {

/// CSV rows ts_ms,close,average_signal,ema_signal...,ema_equity...,direction,event. Doubles are the shortest
/// text that reads back to the same bits, undefined ones are empty. Rows are buffered; finish() writes the
/// rest.
class OutputWriter {
 public:
  /// `file` must outlive the writer.
  OutputWriter(FileWriter& file, int price_scale);

  /// With `detail_config`, three more columns a member of every enabled family: ema_28, ema_28_signal,
  /// ema_28_equity.
  void header(const AtcConfig* detail_config);
  /// The first columns of a row.
  void begin_row(const BarTicks& bar, const Outputs& outputs);
  /// The columns of the members; null when there are none for this bar.
  void members(const Detail* detail);
  void end_row();

  void flush();
  std::int64_t rows() const { return rows_; }

 private:
  static constexpr int kSignalSteps = 100;  // family signals are multiples of 0.01
  struct ShortText {
    std::uint64_t bits;
    char text[7];
    std::uint8_t size;
  };

  void put(char c) { buffer_[size_++] = c; }
  void put(std::string_view text);
  void put(std::int64_t value);
  void put_double(double value);
  void put_signal(double value);
  void put_price(std::int64_t ticks);

  FileWriter& file_;
  int price_scale_;
  std::array<ShortText, 2 * kSignalSteps + 1> signal_texts_{};  // -1.00 ... 1.00
  std::vector<int> detail_families_;
  std::vector<char> buffer_;
  std::size_t size_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace lockstep::tools
