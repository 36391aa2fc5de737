#include "tools/decode_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/binance/parse.hpp"
#include "feeds/binance/parse_rest.hpp"

namespace lockstep::tools {
namespace {

using feeds::ParseResult;
using feeds::binance::Frame;
using feeds::binance::FrameKind;

constexpr int kExitBadData = 3;
constexpr int kExitEnvironment = 4;

struct DecodeOptions {
  std::string venue;
  std::string file;
  std::string output;
};

/// A JSON string. Frames are valid UTF-8 by the time they get here.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// One output line, fields in the order they are added.
class Line {
 public:
  explicit Line(std::string_view kind) : text_("{\"kind\":" + quoted(kind)) {}
  Line& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  Line& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Line& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  std::string end() const { return text_ + "}\n"; }

 private:
  Line& raw(std::string_view name, std::string_view value) {
    text_ += fmt::format(",\"{}\":{}", name, value);
    return *this;
  }
  std::string text_;
};

Line& add_prices(Line& line, const feeds::BarTexts& bar) {
  return line.text("open", bar.open)
      .text("high", bar.high)
      .text("low", bar.low)
      .text("close", bar.close)
      .text("volume", bar.volume);
}

std::string bar_line(const feeds::binance::Kline& kline) {
  Line line("bar");
  line.text("symbol", kline.symbol)
      .text("interval", kline.interval)
      .number("ts_open_ms", kline.bar.ts_open_ms)
      .number("ts_event_ms", kline.ts_event_ms)
      .flag("closed", kline.is_closed);
  return add_prices(line, kline.bar).end();
}

std::string frame_line(const Frame& frame) {
  switch (frame.kind) {
    case FrameKind::bar:
      return bar_line(frame.kline);
    case FrameKind::trade:
      return Line("trade")
          .text("symbol", frame.trade.symbol)
          .number("ts_event_ms", frame.trade.ts_event_ms)
          .text("price", frame.trade.price)
          .text("qty", frame.trade.quantity)
          .text("trade_id", frame.trade.trade_id)
          .end();
    case FrameKind::ack:
      return Line("ack").number("id", frame.reply.id).end();
    case FrameKind::error:
      return Line("error").number("code", frame.reply.code).text("message", frame.reply.message).end();
    case FrameKind::server_shutdown:
      return Line("status").number("ts_event_ms", frame.ts_event_ms).text("message", "serverShutdown").end();
    case FrameKind::unknown:
      break;
  }
  return Line("unknown").end();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Decodes documents (frames, or REST bodies with rows) and counts what went wrong.
class Decoder {
 public:
  Decoder(std::string name, std::ostream& out) : name_(std::move(name)), out_(out) {}

  /// `line_number`: where the document begins in the file.
  void take(std::string document, std::size_t line_number) {
    const ParseResult result = take_document(document);
    if (result.is_ok()) return;
    is_bad_ = true;
    std::cerr << name_ << ':' << line_number << ": " << result.text() << '\n';
  }
  /// A whole file as one document. False, and nothing is decoded, when it is not that.
  bool take_whole(std::string document) { return take_document(document).is_ok(); }
  bool is_bad() const { return is_bad_; }

 private:
  ParseResult take_document(std::string& document) {
    const std::size_t first = document.find_first_not_of(" \t\r\n");
    return first != std::string::npos && document[first] == '[' ? take_rows(document) : take_frame(document);
  }
  ParseResult take_frame(std::string& document) {
    document.reserve(document.size() + feeds::kJsonPadding);
    Frame frame;
    const ParseResult result = frames_.parse(document, frame);
    if (result.is_ok()) out_ << frame_line(frame);
    return result;
  }
  ParseResult take_rows(std::string& document) {
    std::vector<feeds::HistoryRow> bars;
    const ParseResult result = rest_.parse_klines(document, bars);
    if (!result.is_ok()) return take_trades(document, result);
    for (const feeds::HistoryRow& row : bars) {
      Line line("bar");
      line.number("ts_open_ms", row.bar.ts_open_ms);
      out_ << add_prices(line, row.bar).end();
    }
    return result;
  }
  ParseResult take_trades(std::string& document, const ParseResult& as_klines) {
    std::vector<feeds::binance::TradeRow> trades;
    const ParseResult result = rest_.parse_trades(document, trades);
    // Rows that are no objects were meant to be klines, so that is what the message should be about.
    if (!result.is_ok()) return result.status == feeds::ParseStatus::wrong_shape ? as_klines : result;
    for (const auto& row : trades) {
      out_ << Line("trade")
                  .number("ts_event_ms", row.ts_event_ms)
                  .text("price", row.price)
                  .text("qty", row.quantity)
                  .text("trade_id", row.trade_id)
                  .end();
    }
    return result;
  }

  std::string name_;
  std::ostream& out_;
  feeds::binance::FrameParser frames_;
  feeds::binance::RestParser rest_;
  bool is_bad_ = false;
};

void decode_lines(std::istream& in, std::size_t first_line_number, Decoder& decoder) {
  std::string line;
  for (std::size_t line_number = first_line_number; std::getline(in, line); ++line_number) {
    if (!is_blank(line)) decoder.take(line, line_number);
  }
}

/// Recordings hold one frame a line; a .json file, and one that begins with a bracket alone on its line,
/// holds one document, perhaps printed over many lines.
void decode_stream(std::istream& in, const std::string& name, Decoder& decoder) {
  std::string first;
  if (!std::getline(in, first)) return;
  const std::string_view opening(first.data(), first.find_last_not_of(" \t\r") + 1);
  const bool is_printed = opening == "[" || opening == "{";
  if (!is_printed && !name.ends_with(".json")) {
    if (!is_blank(first)) decoder.take(first, 1);
    return decode_lines(in, 2, decoder);
  }
  const std::string document = first + '\n' + std::string(std::istreambuf_iterator<char>(in), {});
  if (is_printed) return decoder.take(document, 1);
  if (decoder.take_whole(document)) return;
  std::istringstream lines(document);
  decode_lines(lines, 1, decoder);
}

int decode(const DecodeOptions& options) {
  std::ifstream file;
  const bool is_stdin = options.file == "-";
  if (!is_stdin) {
    file.open(options.file);
    if (!file) {
      std::cerr << options.file << ": cannot be opened\n";
      return kExitEnvironment;
    }
  }
  std::ofstream output;
  if (!options.output.empty()) {
    output.open(options.output);
    if (!output) {
      std::cerr << options.output << ": cannot be written\n";
      return kExitEnvironment;
    }
  }
  std::ostream& out = options.output.empty() ? std::cout : output;
  const std::string name = is_stdin ? "<stdin>" : options.file;
  Decoder decoder(name, out);
  decode_stream(is_stdin ? std::cin : file, name, decoder);
  if (!out.flush()) {
    std::cerr << (options.output.empty() ? "<stdout>" : options.output) << ": writing failed\n";
    return kExitEnvironment;
  }
  return decoder.is_bad() ? kExitBadData : 0;
}

}  // namespace

void add_decode_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DecodeOptions>();
  CLI::App* command =
      app.add_subcommand("decode", "recorded frames of a venue to events, one JSON object a line");
  command->add_option("--venue", options->venue, "whose frames they are")
      ->required()
      ->check(CLI::IsMember({"binance_spot", "binance_usdm"}));
  command->add_option("FRAMES", options->file, "one frame a line, or a REST body; - reads standard input")
      ->required();
  command->add_option("-o,--output", options->output, "write here instead of standard output");
  command->callback([options, &run] { run = [options] { return decode(*options); }; });
}

}  // namespace lockstep::tools
