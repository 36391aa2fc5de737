#include "replay/simulation/venue_faults.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "replay/sim/detail/web_frames.hpp"
#include "replay/simulation/virtual_time.hpp"

namespace lockstep::simulation {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// The value behind `key` ("\"c\":"), quotes not included; empty: not there.
std::string_view value_of(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = text.substr(at + key.size());
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    return rest.substr(0, rest.find('"'));
  }
  return rest.substr(0, rest.find_first_of(",}"));
}

std::string replaced(std::string_view text, std::string_view key, std::string_view value) {
  const std::string_view old = value_of(text, key);
  if (old.empty()) return std::string(text);
  const auto at = static_cast<std::size_t>(old.data() - text.data());
  return std::string(text.substr(0, at)) + std::string(value) + std::string(text.substr(at + old.size()));
}

std::string as_frame(std::string_view text) {
  std::string frame;
  sim::append_web_frame(frame, sim::WebOpcode::text, text);
  return frame;
}

std::string response(std::string_view status, std::string_view headers, std::string_view type,
                     std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) +
         "Connection: keep-alive\r\n\r\n" + std::string(body);
}

constexpr std::string_view kJson = "application/json;charset=UTF-8";

/// The same without its rows, where rows are lists. Where they are objects (Coinbase) nothing at all: there
/// an answer without rows says in all honesty that nothing was traded.
std::string emptied(std::string_view body) {
  const std::size_t first = body.find("[["), last = body.rfind("]]");
  if (first == std::string_view::npos || last == std::string_view::npos || last < first)
    return body.starts_with("[") ? "[]" : "{}";
  return std::string(body.substr(0, first + 1)) + std::string(body.substr(last + 1));
}

}  // namespace

const char* to_string(RestTrouble trouble) {
  switch (trouble) {
    case RestTrouble::none:
      return "none";
    case RestTrouble::too_many:
      return "429";
    case RestTrouble::banned:
      return "418";
    case RestTrouble::unavailable:
      return "503";
    case RestTrouble::html:
      return "HTML with status 200";
    case RestTrouble::hangs:
      return "no answers";
    case RestTrouble::slow:
      return "slow answers";
    case RestTrouble::truncated:
      return "truncated bodies";
    case RestTrouble::empty:
      return "empty pages";
    case RestTrouble::stale:
      return "stale pages";
    case RestTrouble::cut:
      return "cut connections";
  }
  return "";
}

std::vector<VenuePiece> VenueFaults::apply(std::string_view bytes, bool& is_web) {
  std::vector<VenuePiece> pieces;
  if (is_web) {
    add_frames(bytes, pieces);
  } else if (bytes.starts_with("HTTP/1.1 101")) {
    is_web = true;
    const std::size_t head = bytes.find(kHeadEnd) + kHeadEnd.size();
    pieces.push_back({std::string(bytes.substr(0, head))});
    add_frames(bytes.substr(head), pieces);
  } else {
    return answer(bytes);
  }
  return pieces;
}

/// A server's frames: no mask, no fragments.
void VenueFaults::add_frames(std::string_view bytes, std::vector<VenuePiece>& pieces) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at]));
  };
  while (bytes.size() >= 2) {
    const bool is_text = (byte(0) & 0x0f) == 1;
    std::size_t head = 2;
    std::uint64_t size = byte(1) & 0x7f;
    if (size == 126) {
      size = byte(2) << 8 | byte(3);
      head = 4;
    } else if (size == 127) {
      size = 0;
      for (std::size_t i = 2; i < 10; ++i) size = size << 8 | byte(i);
      head = 10;
    }
    const std::string_view frame = bytes.substr(0, head + size);
    bytes.remove_prefix(frame.size());
    is_text ? add_frame(frame, frame.substr(head), pieces) : pieces.push_back({std::string(frame)});
  }
}

void VenueFaults::add_frame(std::string_view frame, std::string_view text, std::vector<VenuePiece>& pieces) {
  const bool is_answer =
      text.find("\"id\":") != std::string_view::npos && text.find("\"k\":") == std::string_view::npos;
  if (random_.permille(frames.drop)) return;
  if (is_answer) return pieces.push_back({std::string(frame)});
  if (frames.is_stuck) {
    const bool is_first = stuck_.empty();
    if (is_first) stuck_ = frame;
    return pieces.push_back({.bytes = stuck_, .is_news = is_first});
  }
  stuck_.clear();
  if (random_.permille(frames.garble))
    return pieces.push_back({.bytes = as_frame(garbled(text)), .is_news = true});
  if (random_.permille(frames.lie) && add_lie(text, pieces)) return;
  if (random_.permille(frames.late)) {
    return pieces.push_back({.bytes = std::string(frame),
                             .delay_ms = random_.skewed(500, 30'000),
                             .is_in_order = false,
                             .is_news = true});
  }
  if (!swapped_ && random_.permille(frames.swap)) return void(swapped_ = frame);
  pieces.push_back({.bytes = std::string(frame), .is_news = true});
  if (swapped_) pieces.push_back({.bytes = *std::exchange(swapped_, std::nullopt), .is_news = true});
  if (random_.permille(frames.duplicate)) {
    const bool is_now = random_.permille(500);
    pieces.push_back({std::string(frame), is_now ? 0 : random_.skewed(1, 60'000), is_now});
  }
}

/// Closed, with its open for a close; and then as it is.
bool VenueFaults::add_lie(std::string_view text, std::vector<VenuePiece>& pieces) {
  const std::string_view open = value_of(text, "\"o\":");
  const std::string_view ts = value_of(text, "\"t\":");
  if (value_of(text, "\"x\":") != "true" || open.empty() || open == value_of(text, "\"c\":")) return false;
  Lie lie;
  lie.symbol = value_of(text, "\"s\":");
  std::from_chars(ts.data(), ts.data() + ts.size(), lie.ts_open_ms);
  lies.push_back(lie);
  note("the venue tells a wrong close of " + lie.symbol + " " + std::to_string(lie.ts_open_ms));
  pieces.push_back({as_frame(replaced(text, "\"c\":", open))});
  const auto corrected = [this, at = lies.size() - 1] {
    lies[at].is_corrected = true;
    lies[at].corrected_ms = VirtualTime::now_ms();
  };
  pieces.push_back({.bytes = as_frame(text),
                    .delay_ms = random_.between(0, 3000),
                    .is_news = true,
                    .delivered = corrected});
  return true;
}

std::string VenueFaults::garbled(std::string_view text) {
  switch (random_.between(0, 6)) {
    case 0:
      return std::string(text.substr(
          0, static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(text.size()) - 1))));
    case 1:
      return replaced(text, "\"c\":", "NaN");
    case 2:
      return replaced(text, "\"l\":", "0");
    case 3:
      return replaced(text, "\"h\":", "0.00000001");
    case 4:  // closed before its end, or open after it
      return replaced(text, "\"x\":", value_of(text, "\"x\":") == "true" ? "false" : "true");
    case 5:
      return replaced(text, "\"t\":", "1700000000");
    default:
      return replaced(text, "\"o\":", "1e999");
  }
}

std::vector<VenuePiece> VenueFaults::answer(std::string_view bytes) {
  std::vector<VenuePiece> pieces;
  const std::size_t head = bytes.find(kHeadEnd);
  if (rest == RestTrouble::none || random_.permille(200) || head == std::string_view::npos)
    return {{std::string(bytes)}};
  const std::string_view body = bytes.substr(head + kHeadEnd.size());
  const std::string seconds = std::to_string(random_.skewed(1, 120));
  switch (rest) {
    case RestTrouble::none:
      break;
    case RestTrouble::too_many:
      return {{response("429 Too Many Requests", "Retry-After: " + seconds + "\r\n", kJson,
                        R"({"code":-1003,"msg":"Too many requests."})")}};
    case RestTrouble::banned:
      return {{response("418 I'm a teapot", "Retry-After: " + seconds + "\r\n", kJson,
                        R"({"code":-1003,"msg":"Way too many requests; IP banned."})")}};
    case RestTrouble::unavailable:
      return {{response("503 Service Unavailable", "", "text/html", "<html>maintenance</html>")}};
    case RestTrouble::html:
      return {{response("200 OK", "", "text/html", "<html>please log in</html>")}};
    case RestTrouble::hangs:
      return {};
    case RestTrouble::slow:
      return {{std::string(bytes), random_.between(1'000, 40'000)}};
    case RestTrouble::truncated:
      return {{std::string(bytes.substr(0, head + kHeadEnd.size() + body.size() / 2)), 0, true, true}};
    case RestTrouble::empty:
      return {{response("200 OK", "", kJson, emptied(body))}};
    case RestTrouble::stale: {
      std::string less(body);
      for (std::int64_t rows = random_.between(1, 5); rows > 0 && body.starts_with("[["); --rows) {
        const std::size_t last = less.rfind(",[");
        less = last == std::string::npos ? "[]" : less.substr(0, last) + "]";
      }
      return {{response("200 OK", "", kJson, less)}};
    }
    case RestTrouble::cut:
      return {{std::string(bytes.substr(
                   0, static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(bytes.size()))))),
               0, true, true}};
  }
  return {{std::string(bytes)}};
}

}  // namespace lockstep::simulation
