// Outside bytes made fit for logs and error texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep::feeds::net {

/// How many outside bytes an error text shows at most.
inline constexpr std::size_t kEscapedBytesMax = 200;

/// Printable ASCII stays; backslashes, control bytes and everything beyond ASCII become \xNN (\n, \r, \t by
/// name). Bytes after the first `bytes_max` are cut, marked by "...". Never throws but for memory.
std::string escape(std::string_view bytes, std::size_t bytes_max = kEscapedBytesMax);

/// Percent-encodes everything but the unreserved characters of RFC 3986, for symbols in request targets.
std::string percent_encode(std::string_view bytes);

}  // namespace lockstep::feeds::net
