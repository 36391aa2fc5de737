#include "tools/csv/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "tools/csv/errors.hpp"

namespace lockstep::tools {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;

[[noreturn]] void fail(const std::string& name, const char* what) {
  throw CommandError(kExitEnvironment, name + ": " + what + ": " + std::generic_category().message(errno));
}

bool is_gzip(const char* bytes, std::size_t size) {
  return size >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

}  // namespace

struct ByteSource::Inflater {
  Inflater() {
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  bool is_between_members = false;  // a member is complete; the next, if any, begins with the next byte
};

ByteSource::ByteSource(const std::string& file, int stdin_fd)
    : name_(file == "-" ? "stdin" : file), fd_(stdin_fd), owns_fd_(file != "-"), input_(kInputBytes) {
  if (owns_fd_) {
    fd_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fail(name_, "cannot open");
    struct stat status {};
    if (fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) bytes_total_ = status.st_size;
  }
  try {
    start();
  } catch (...) {
    if (owns_fd_) close(fd_);
    throw;
  }
}

ByteSource::~ByteSource() {
  if (owns_fd_) close(fd_);
}

void ByteSource::start() {
  input_next_ = input_end_ = 0;
  inflater_.reset();
  while (input_end_ < 2) {  // a pipe may give one byte at a time
    const std::size_t count = read_fd(input_.data() + input_end_, input_.size() - input_end_);
    if (count == 0) break;
    input_end_ += count;
  }
  if (is_gzip(input_.data(), input_end_)) inflater_ = std::make_unique<Inflater>();
}

void ByteSource::rewind() {
  if (lseek(fd_, 0, SEEK_SET) < 0) fail(name_, "cannot read it a second time");
  bytes_read_ = 0;
  start();
}

double ByteSource::progress() const {
  return bytes_total_ > 0
             ? std::min(1.0, static_cast<double>(bytes_read_) / static_cast<double>(bytes_total_))
             : 0;
}

std::size_t ByteSource::read_fd(char* out, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(fd_, out, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(name_, "cannot read");
    bytes_read_ += count;
    return static_cast<std::size_t>(count);
  }
}

void ByteSource::refill() {
  input_next_ = 0;
  input_end_ = read_fd(input_.data(), input_.size());
}

std::size_t ByteSource::read(char* out, std::size_t size) {
  if (inflater_) return inflate_some(out, size);
  if (input_next_ == input_end_) return read_fd(out, size);
  const std::size_t count = std::min(size, input_end_ - input_next_);
  std::memcpy(out, input_.data() + input_next_, count);
  input_next_ += count;
  return count;
}

std::size_t ByteSource::inflate_some(char* out, std::size_t size) {
  z_stream& stream = inflater_->stream;
  stream.next_out = reinterpret_cast<Bytef*>(out);
  stream.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30));
  const std::size_t room = stream.avail_out;
  while (stream.avail_out == room) {
    if (input_next_ == input_end_) refill();
    if (input_end_ == 0) {
      if (inflater_->is_between_members) return 0;
      throw DamagedGzip("the gzip data is truncated");
    }
    if (inflater_->is_between_members) inflateReset(&stream);
    stream.next_in = reinterpret_cast<Bytef*>(input_.data() + input_next_);
    stream.avail_in = static_cast<uInt>(input_end_ - input_next_);
    const int status = inflate(&stream, Z_NO_FLUSH);
    input_next_ = input_end_ - stream.avail_in;
    inflater_->is_between_members = status == Z_STREAM_END;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END) {
      throw DamagedGzip(std::string("the gzip data is damaged (") + (stream.msg ? stream.msg : "wrong data") +
                        ")");
    }
  }
  return room - stream.avail_out;
}

}  // namespace lockstep::tools
