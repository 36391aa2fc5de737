// The part of a subscribe request that most venues share.
#pragma once

#include <span>
#include <string>

#include "feeds/venue.hpp"

namespace lockstep::feeds {

/// "a","b": the text_of(topic) of each, but for empty ones. Symbols come from the venue's own list, so
/// nothing in them needs an escape.
template <class TextOf>
std::string quoted_list(std::span<const Topic> topics, TextOf&& text_of) {
  std::string list;
  for (const Topic& topic : topics) {
    const std::string text = text_of(topic);
    if (!text.empty()) list += (list.empty() ? "\"" : ",\"") + text + '"';
  }
  return list;
}

}  // namespace lockstep::feeds
