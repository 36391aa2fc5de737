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

#include "engine/journal/storage.hpp"
#include "feeds/venue.hpp"
#include "replay/recording.hpp"

namespace lockstep::tools {
namespace {

using feeds::BarRecord;
using feeds::BarState;
using feeds::Frame;
using feeds::FrameKind;
using feeds::ParseResult;
using feeds::TradeRecord;

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

/// What a venue does not say is left out.
std::string bar_line(const BarRecord& record) {
  Line line("bar");
  line.text("symbol", record.symbol)
      .text("interval", record.interval)
      .number("ts_open_ms", record.bar.ts_open_ms);
  if (record.ts_event_ms != 0) line.number("ts_event_ms", record.ts_event_ms);
  if (record.state != BarState::unsaid) line.flag("closed", record.is_closed());
  return add_prices(line, record.bar).end();
}

std::string trade_line(const TradeRecord& trade) {
  return Line("trade")
      .text("symbol", trade.symbol)
      .number("ts_event_ms", trade.ts_event_ms)
      .text("price", trade.price)
      .text("qty", trade.quantity)
      .text("trade_id", trade.trade_id)
      .end();
}

std::string reply_line(const char* kind, const Frame& frame) {
  const feeds::Reply& reply = frame.reply;
  Line line(kind);
  if (frame.kind == FrameKind::ack && reply.id >= 0) line.number("id", reply.id);
  if (frame.kind == FrameKind::status && frame.ts_event_ms != 0)
    line.number("ts_event_ms", frame.ts_event_ms);
  if (reply.code != 0) line.number("code", reply.code);
  if (reply.names.size() == 1) {
    line.text("symbol", reply.names[0].symbol);
    if (!reply.names[0].interval.empty()) line.text("interval", reply.names[0].interval);
  }
  if (!reply.message.empty() || frame.kind == FrameKind::error) line.text("message", reply.message);
  return line.end();
}

/// One line a record; one for any other frame.
std::string frame_lines(const Frame& frame) {
  std::string lines;
  switch (frame.kind) {
    case FrameKind::bar:
      for (const BarRecord& bar : frame.bars) lines += bar_line(bar);
      return lines;
    case FrameKind::trade:
      for (const TradeRecord& trade : frame.trades) lines += trade_line(trade);
      return lines;
    case FrameKind::ack:
      return reply_line("ack", frame);
    case FrameKind::error:
      return reply_line("error", frame);
    case FrameKind::heartbeat:
      return Line("heartbeat").end();
    case FrameKind::status:
      return reply_line("status", frame);
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
  Decoder(const feeds::Venue& venue, std::string name, std::ostream& out)
      : name_(std::move(name)),
        out_(out),
        frames_(venue.make_parser()),
        rest_(venue.make_rest()),
        has_sent_times_(venue.rules().name.starts_with("binance")) {}

  /// `line_number`: where the document begins in the file.
  void take(std::string document, std::size_t line_number) {
    const std::string error = take_document(document);
    if (error.empty()) return;
    is_bad_ = true;
    std::cerr << name_ << ':' << line_number << ": " << error << '\n';
  }
  /// A whole file as one document. False, and nothing is decoded, when it is not that.
  bool take_whole(std::string document) { return take_document(document).empty(); }
  void complain(const std::string& what) {
    is_bad_ = true;
    std::cerr << name_ << ": " << what << '\n';
  }
  bool is_bad() const { return is_bad_; }

 private:
  /// Gives what is wrong with it; empty when nothing is.
  std::string take_document(std::string& document) {
    const std::size_t first = document.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && document[first] == '[') return take_rows(document);
    // Of a text frame that is no JSON ("pong") the file may have a line feed too many.
    document.erase(document.find_last_not_of(" \t\r\n") + 1);
    document.reserve(document.size() + feeds::kJsonPadding);
    const ParseResult result = frames_->parse(document, frame_);
    if (!result.is_ok()) return result.text();
    if (frame_.kind == FrameKind::unknown && take_bars(document).empty()) return "";
    // What Binance calls the event time is when a trade was sent; bars go by when it was made.
    for (feeds::TradeRecord& trade : frame_.trades) {
      if (has_sent_times_) trade.ts_event_ms = frame_.ts_event_ms;
    }
    out_ << frame_lines(frame_);
    return "";
  }
  std::string take_rows(std::string& document) {
    const std::string error = take_bars(document);
    if (error.empty()) return "";
    std::vector<feeds::TradeRow> trades;
    if (!rest_->parse_trades(document, trades).empty()) return error;
    for (const auto& row : trades) {
      out_ << Line("trade")
                  .number("ts_event_ms", row.ts_event_ms)
                  .text("price", row.price)
                  .text("qty", row.quantity)
                  .text("trade_id", row.trade_id)
                  .end();
    }
    return "";
  }
  /// The rows of a REST body with history.
  std::string take_bars(std::string& document) {
    static const core::Interval any = *core::Interval::parse("1m");  // only says when a row ends
    std::vector<feeds::HistoryRow> bars;
    std::string error = rest_->parse_bars(document, any, bars);
    if (!error.empty()) return error;
    for (const feeds::HistoryRow& row : bars) {
      Line line("bar");
      line.number("ts_open_ms", row.bar.ts_open_ms);
      out_ << add_prices(line, row.bar).end();
    }
    return "";
  }

  std::string name_;
  std::ostream& out_;
  std::unique_ptr<feeds::FrameParser> frames_;
  std::unique_ptr<feeds::RestSource> rest_;
  Frame frame_;
  bool is_bad_ = false;
  bool has_sent_times_;
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

/// A file of `lockstep record`: its frames, numbered from 1. False when it is none.
bool decode_recording(const std::string& path, Decoder& decoder) {
  std::vector<std::byte> bytes;
  if (engine::journal::posix_storage().read(path, bytes) != 0 || !replay::is_recording(bytes)) return false;
  std::size_t number = 0;
  const auto end = replay::read_recording(bytes, [&](const replay::RecordingView& view) {
    if (view.type == replay::RecordingType::frame) decoder.take(std::string(view.payload), ++number);
  });
  if (!end.problem.empty())
    decoder.complain("at byte " + std::to_string(end.good_bytes) + ": " + end.problem);
  return true;
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
  Decoder decoder(*feeds::find_frame_venue(options.venue), name, out);
  if (is_stdin || !decode_recording(options.file, decoder))
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
      ->check(CLI::IsMember(feeds::frame_venue_names()));
  command
      ->add_option("FRAMES", options->file,
                   "one frame a line, a REST body, or a file of `lockstep record`; - reads standard input")
      ->required();
  command->add_option("-o,--output", options->output, "write here instead of standard output");
  command->callback([options, &run] { run = [options] { return decode(*options); }; });
}

}  // namespace lockstep::tools
