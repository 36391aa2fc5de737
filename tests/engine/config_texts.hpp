// Texts of configurations, and what is wrong with them.
#pragma once

#include <string>

#include "engine/config.hpp"

namespace lockstep::engine::test {

inline const std::string kFeed =
    "[[feed]]\nvenue = \"binance_spot\"\nsymbols = [\"BTCUSDT\"]\nintervals = [\"1m\"]\n";
inline const std::string kToken = "0123456789abcdef0123456789abcdef";

inline Config parse(const std::string& text) {
  return parse_config(text, "bot.toml");
}

/// The message of the ConfigError, empty when there was none.
inline std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

struct BadInput {
  std::string text;
  std::string message;  ///< the whole of it
};

}  // namespace lockstep::engine::test
