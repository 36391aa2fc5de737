// A venue's symbols, read before a feed is made of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "feeds/feed.hpp"
#include "feeds/symbol_patterns.hpp"

namespace lockstep::feeds {

/// Some entry of config.symbols has to be looked up in the venue's list.
bool has_symbol_patterns(const FeedConfig& config);

/// The symbols that config.symbols stands for, from the venue's list and, where "top:" is among them, its
/// volumes. Blocks for at most `limit`; asks again after failures until then. `findings` says what matches
/// nothing. Throws std::runtime_error when the list cannot be had or nothing matches, std::invalid_argument
/// as make_feed() does.
std::vector<std::string> look_up_symbols(const FeedConfig& config, std::chrono::milliseconds limit,
                                         std::vector<std::string>& findings);

}  // namespace lockstep::feeds
