#include "tools/csv/line_reader.hpp"

#include <cstring>

#include "tools/csv/errors.hpp"

namespace lockstep::tools {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
static_assert(kBufferBytes > 2 * kLineBytesMax);

}  // namespace

LineReader::LineReader(ByteSource& source) : source_(source), buffer_(kBufferBytes) {
  while (end_ < 3 && fill()) continue;
  if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) next_ = 3;
}

void LineReader::fail(const std::string& what) const {
  throw CommandError(kExitData, source_.name() + ":" + std::to_string(line_number_) + ": " + what);
}

/// More bytes behind those that wait; false at the end of the file.
bool LineReader::fill() {
  if (next_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + next_, end_ - next_);
    end_ -= next_;
    next_ = 0;
  }
  try {
    const std::size_t count = source_.read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += count;
    return count > 0;
  } catch (const DamagedGzip& damage) {
    ++line_number_;
    fail(std::string(damage.what()) + "; this line is the first that could not be read");
  }
}

std::string_view LineReader::take(std::size_t size, std::size_t end_size) {
  std::string_view line(buffer_.data() + next_, size);
  next_ += size + end_size;
  ++line_number_;
  if (line.size() > kLineBytesMax)
    fail("the line is longer than " + std::to_string(kLineBytesMax) + " bytes");
  if (std::memchr(line.data(), '\0', line.size()) != nullptr)
    fail("the line holds a NUL byte; this is not a text file");
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = 0;
  for (;;) {
    const char* const begin = buffer_.data() + next_;
    const auto* const found =
        static_cast<const char*>(std::memchr(begin + searched, '\n', end_ - next_ - searched));
    if (found != nullptr) {
      line = take(static_cast<std::size_t>(found - begin), 1);
      return true;
    }
    searched = end_ - next_;
    if (searched > kLineBytesMax) take(searched, 0);  // throws
    if (fill()) continue;
    if (searched == 0) return false;
    line = take(searched, 0);
    return true;
  }
}

}  // namespace lockstep::tools
