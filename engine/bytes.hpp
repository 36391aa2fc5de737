// Fixed records to bytes and back. Little endian, as the machines that lockstep runs on.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lockstep::engine {

static_assert(std::endian::native == std::endian::little, "files hold little endian numbers");

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}

  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  void put_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    put_bytes(std::as_bytes(std::span(text)));
  }

 private:
  std::vector<std::byte>& out_;
};

/// Past the end every get fails, gives zeros, and is_ok() stays false.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  bool get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto from = get_bytes(sizeof value);
    if (is_ok_) {
      std::memcpy(&value, from.data(), sizeof value);
    } else {
      value = T{};
    }
    return is_ok_;
  }
  std::span<const std::byte> get_bytes(std::size_t count) {
    if (!is_ok_ || count > bytes_.size()) {
      is_ok_ = false;
      return {};
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  bool get_text(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    const auto from = get_bytes(size);
    text.assign(reinterpret_cast<const char*>(from.data()), from.size());
    return is_ok_;
  }
  bool is_ok() const { return is_ok_; }
  bool is_at_end() const { return is_ok_ && bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  bool is_ok_ = true;
};

}  // namespace lockstep::engine
