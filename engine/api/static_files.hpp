// Files for browsers, held in the program itself: no path of a request ever reaches a file system.
#pragma once

#include <span>
#include <string_view>

namespace lockstep::engine {

/// One file of the page. Everything lives as long as the program.
struct StaticFile {
  std::string_view path;   ///< "/" or "/assets/app.js": compared whole, after one decoding
  std::string_view type;   ///< Content-Type
  std::string_view etag;   ///< with its quotes; changes with the content
  std::string_view plain;  ///< the content
  std::string_view gzip;   ///< the same, compressed
};

}  // namespace lockstep::engine
