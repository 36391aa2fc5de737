#include "feeds/symbol_lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>
#include <stdexcept>
#include <thread>

#include "feeds/net/http_client.hpp"
#include "feeds/rest_source.hpp"
#include "feeds/venue_http.hpp"

namespace lockstep::feeds {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kPagesMax = 100;
constexpr milliseconds kRetryWait{500};

/// Asks page after page on a loop of its own, until `end`.
class ListReader {
 public:
  ListReader(const Venue& venue, const FeedConfig& config, Clock::time_point end)
      : rest_(venue.make_rest()),
        client_(std::make_shared<net::HttpClient>(io_, venue_http_settings(venue, config))),
        end_(end) {}
  ~ListReader() { client_->stop(); }

  std::vector<KnownSymbol> read(bool with_volumes) {
    std::map<std::string, KnownSymbol, std::less<>> all;
    const auto symbol = [&](const ListedSymbol& listed) {
      all[std::string(listed.symbol)] = {std::string(listed.symbol), listed.is_trading, 0};
    };
    pages([&](const std::string& cursor) { return rest_->listing_target(cursor); },
          [&](std::string& body, std::string& cursor) { return rest_->parse_listing(body, symbol, cursor); });
    const auto volume = [&](std::string_view name, double quote_volume) {
      const auto found = all.find(name);
      if (found != all.end()) found->second.quote_volume = quote_volume;
    };
    if (with_volumes) {
      pages(
          [&](const std::string& cursor) { return rest_->volumes_target(cursor); },
          [&](std::string& body, std::string& cursor) { return rest_->parse_volumes(body, volume, cursor); });
    }
    std::vector<KnownSymbol> list;
    for (auto& [name, known] : all) list.push_back(std::move(known));
    return list;
  }

 private:
  template <class Target, class Parse>
  void pages(Target&& target, Parse&& parse) {
    std::string cursor;
    for (int page = 0; page < kPagesMax; ++page) {
      const RestSource::Target asked = target(cursor);
      std::string error;
      do {
        if (!error.empty()) std::this_thread::sleep_for(std::min<Clock::duration>(kRetryWait, left()));
        std::string next = cursor;
        error = ask(asked, [&](std::string& body) { return parse(body, next); });
        if (error.empty()) cursor = next;
      } while (!error.empty() && left() > Clock::duration::zero());
      if (!error.empty()) throw std::runtime_error(error);
      if (cursor.empty()) return;
    }
    throw std::runtime_error(fmt::format("more than {} pages", kPagesMax));
  }

  template <class Parse>
  std::string ask(const RestSource::Target& target, Parse&& parse) {
    std::string error = "no answer in time";
    bool is_answered = false;
    client_->get(target.path, target.weight, [&](net::HttpResult result) {
      error = std::move(result.error);
      if (error.empty()) error = parse(result.body);
      is_answered = true;
      io_.stop();
    });
    io_.restart();
    io_.run_for(left());
    // What comes later must not find this frame gone.
    if (!is_answered) client_->stop();
    return error;
  }

  Clock::duration left() const { return std::max(end_ - Clock::now(), Clock::duration::zero()); }

  boost::asio::io_context io_;
  std::unique_ptr<RestSource> rest_;
  std::shared_ptr<net::HttpClient> client_;
  Clock::time_point end_;
};

}  // namespace

bool has_symbol_patterns(const FeedConfig& config) {
  return std::any_of(config.symbols.begin(), config.symbols.end(), is_symbol_pattern);
}

std::vector<std::string> look_up_symbols(const FeedConfig& config, milliseconds limit,
                                         std::vector<std::string>& findings) {
  const Venue* const venue = find_venue(config.venue);
  if (venue == nullptr) return config.symbols;  // make_feed() says what is wrong with it
  const bool with_volumes =
      std::any_of(config.symbols.begin(), config.symbols.end(),
                  [](const std::string& entry) { return parse_top(entry).has_value(); });
  if (with_volumes && venue->make_rest()->volumes_target("").path.empty()) {
    throw std::runtime_error(fmt::format(
        "{} does not tell the volumes of its symbols in one answer; name symbols or use a pattern",
        config.venue));
  }
  std::vector<KnownSymbol> known;
  try {
    known = ListReader(*venue, config, Clock::now() + limit).read(with_volumes);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("the symbol list of {} could not be read within {} s: {}", config.venue,
                    std::chrono::duration_cast<std::chrono::seconds>(limit).count(), error.what()));
  }
  ResolvedSymbols resolved = resolve_symbols(config.symbols, known);
  if (resolved.symbols.empty())
    throw std::runtime_error(fmt::format("{}", fmt::join(resolved.findings, "; ")));
  findings = std::move(resolved.findings);
  return std::move(resolved.symbols);
}

}  // namespace lockstep::feeds
