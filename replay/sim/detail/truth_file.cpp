#include "replay/sim/detail/truth_file.hpp"

#include <cerrno>
#include <system_error>

namespace lockstep::sim {

TruthFile::TruthFile(const std::filesystem::path& file, const BarHistory& history, const VenueText& text)
    : history_(history), text_(text), out_(file, std::ios::trunc), next_minute_(history.first_minute()) {
  out_ << "symbol,ts_ms,open,high,low,close,volume\n" << std::flush;
  if (!out_) {
    const int error = errno;
    throw std::system_error(error, std::generic_category(), "cannot write the truth file " + file.string());
  }
}

bool TruthFile::write_until(std::int64_t now_ms) {
  if ((next_minute_ + 1) * kMinuteMs > now_ms) return true;
  for (; (next_minute_ + 1) * kMinuteMs <= now_ms; ++next_minute_) {
    for (int symbol = 0; symbol < history_.model().size(); ++symbol) {
      const SimBar minute = history_.model().bar(symbol, next_minute_);
      if (minute.trades == 0 && !text_.has_quiet_bars()) continue;
      const auto bar = text_.truth_bar(history_.model().spec(symbol), minute);
      out_ << bar.symbol << ',' << bar.ts_open_ms << ',' << bar.open << ',' << bar.high << ',' << bar.low
           << ',' << bar.close << ',' << bar.volume << '\n';
    }
  }
  out_.flush();
  return static_cast<bool>(out_);
}

}  // namespace lockstep::sim
