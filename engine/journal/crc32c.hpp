// The checksum of everything that the journal writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lockstep::engine::journal {

/// CRC-32C (Castagnoli) of `bytes`, going on from `crc` (0 to begin): crc32c(b, crc32c(a)) is that of a
/// followed by b. Hardware instructions where the CPU has them, the same result without. Source: RFC 3720,
/// appendix B.4.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

/// The same without the CPU's instructions; for tests.
std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace lockstep::engine::journal
