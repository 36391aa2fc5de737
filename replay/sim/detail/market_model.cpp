#include "replay/sim/detail/market_model.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "replay/sim/detail/sim_interval.hpp"

namespace lockstep::sim {
namespace {

constexpr int kOctaves = 13;  // the slowest lattice has a point every 2^12 minutes
constexpr std::int64_t kTradeEvery =
    64;  // at least one minute of so many has a trade, which bounds every search

// Everything that differs between characters. Price moves are in millionths of the base price.
struct Style {
  const char* base_asset;
  const char* quote_asset;
  int price_decimals;
  std::int64_t tick_units;
  int quantity_decimals;
  std::int64_t base_ticks;
  std::array<std::int64_t, kOctaves> octave_ppm;  // amplitude of the lattice with a point every 2^i minutes
  std::int64_t jump_ppm;                          // largest level of the jumps, 0: none
  std::int64_t wick_ppm;                          // longest wick
  int untraded_of_256;                            // share of the minutes without trades
  std::int64_t trades_mean;                       // per minute
  std::int64_t lots_max;                          // per trade
};

// Amplitudes that grow with the square root of the distance make a random walk (Levy's construction).
constexpr std::array<std::int64_t, kOctaves> random_walk(std::int64_t ppm, int octaves) {
  constexpr std::array<std::int64_t, kOctaves> kRootThousandths = {
      1000, 1414, 2000, 2828, 4000, 5657, 8000, 11314, 16000, 22627, 32000, 45255, 64000};
  std::array<std::int64_t, kOctaves> out{};
  for (int i = 0; i < octaves; ++i) {
    out[static_cast<std::size_t>(i)] = ppm * kRootThousandths[static_cast<std::size_t>(i)] / 1000;
  }
  return out;
}

constexpr std::array<std::int64_t, kOctaves> kLegs = {150, 212,    300,    424,    600, 0, 0,
                                                      0,   20'000, 40'000, 80'000, 0,   0};

constexpr std::array<Style, kCharacters> kStyles = {{
    {"TREND", "USDT", 2, 1, 3, 10'000, kLegs, 0, 400, 0, 80, 900},
    {"RANGE", "USDT", 4, 1, 2, 250'000, random_walk(700, 7), 0, 500, 0, 45, 2'000},
    {"FLAT", "USDT", 4, 1, 1, 15'000, random_walk(100, 9), 0, 100, 176, 8, 150},
    {"JUMP", "USDT", 2, 1, 4, 30'000, random_walk(500, 13), 30'000, 600, 0, 60, 1'500},
    {"TINY", "BTC", 8, 1, 0, 1'234, random_walk(1'000, 13), 0, 1'500, 24, 12, 90'000},
    {"GIANT", "USDT", 2, 10, 5, 650'000, random_walk(2'000, 13), 0, 2'500, 0, 300, 4'000},
    {"COARSE", "USDT", 2, 50, 3, 420, random_walk(800, 13), 0, 2'400, 0, 25, 700},
}};

const Style& style_of(const SymbolSpec& spec) {
  return kStyles[static_cast<std::size_t>(spec.character)];
}

std::uint64_t mix(std::uint64_t x) {  // the finalizer of splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Each kind of draw has its own stream of numbers.
enum class Draw : std::uint64_t {
  base = 1,
  traded,
  jump,
  open,
  wick_up,
  wick_down,
  side,
  ids,
  lots,
  taker,
  delay,
  octave
};

std::uint64_t draw(const SymbolSpec& spec, Draw kind, std::int64_t at) {
  return mix(spec.key ^ mix((static_cast<std::uint64_t>(kind) << 56) ^ static_cast<std::uint64_t>(at)));
}

std::int64_t draw_below(const SymbolSpec& spec, Draw kind, std::int64_t at, std::int64_t bound) {
  return static_cast<std::int64_t>(draw(spec, kind, at) % static_cast<std::uint64_t>(bound));
}

// The level of a gapping symbol is constant over 24 minutes, then jumps.
std::int64_t jump_ticks(const SymbolSpec& spec, std::int64_t minute) {
  const std::int64_t ppm = style_of(spec).jump_ppm;
  if (ppm == 0) return 0;
  return spec.base_ticks * (draw_below(spec, Draw::jump, minute / 24, 2 * ppm + 1) - ppm) / 1'000'000;
}

std::int64_t scaled(std::int64_t value, std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<std::int64_t>(static_cast<__int128>(value) * part / whole);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

SymbolSpec make_spec(std::uint64_t seed, int index) {
  SymbolSpec spec;
  spec.character = static_cast<Character>(index % kCharacters);
  const Style& style = style_of(spec);
  spec.key = mix(mix(seed) + static_cast<std::uint64_t>(index));
  spec.base_asset = style.base_asset;
  spec.base_ticks = style.base_ticks;
  if (index >= kCharacters) {
    char text[16];
    std::snprintf(text, sizeof text, "SIM%04d", index + 1);
    spec.base_asset = text;
    spec.base_ticks = style.base_ticks * (50 + draw_below(spec, Draw::base, 0, 201)) / 100;
  }
  spec.quote_asset = style.quote_asset;
  spec.name = spec.base_asset + spec.quote_asset;
  spec.stream_name = lower(spec.name);
  spec.price_decimals = style.price_decimals;
  spec.tick_units = style.tick_units;
  spec.quantity_decimals = style.quantity_decimals;
  return spec;
}

std::int64_t between(std::int64_t from, std::int64_t to, std::int64_t part, std::int64_t whole) {
  return from + (to - from) * part / whole;
}

}  // namespace

MarketModel::MarketModel(std::uint64_t seed, int symbols) {
  specs_.reserve(static_cast<std::size_t>(symbols));
  for (int i = 0; i < symbols; ++i) specs_.push_back(make_spec(seed, i));
  for (int i = 0; i < symbols; ++i) {
    by_name_.emplace(spec(i).name, i);
    by_stream_name_.emplace(spec(i).stream_name, i);
  }
}

std::optional<int> MarketModel::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional<int>(found->second);
}

std::optional<int> MarketModel::find_stream(std::string_view stream_name) const {
  const auto found = by_stream_name_.find(stream_name);
  return found == by_stream_name_.end() ? std::nullopt : std::optional<int>(found->second);
}

bool MarketModel::is_traded(int symbol, std::int64_t minute) const {
  const SymbolSpec& s = spec(symbol);
  const int untraded = style_of(s).untraded_of_256;
  if (untraded == 0 || minute % kTradeEvery == 0) return true;
  return static_cast<int>(draw(s, Draw::traded, minute) & 255) >= untraded;
}

// Value noise: octave i has a random value every 2^i minutes and straight lines between them, so the sum is a
// walk that never leaves the neighbourhood of its base and needs no memory. Integers only: the same on every
// machine.
std::int64_t MarketModel::walk_ticks(const SymbolSpec& spec, std::int64_t minute) {
  const Style& style = style_of(spec);
  std::int64_t sum_ppm = 0;  // in 1/65536 of a millionth
  for (int i = 0; i < kOctaves; ++i) {
    const std::int64_t ppm = style.octave_ppm[static_cast<std::size_t>(i)];
    if (ppm == 0) continue;
    const std::int64_t point = minute >> i;
    const std::int64_t offset = minute - (point << i);
    const std::int64_t lattice = (static_cast<std::int64_t>(i) << 48) ^ point;
    const std::int64_t from = static_cast<std::int64_t>(draw(spec, Draw::octave, lattice) & 0x1ffff) - 65536;
    const std::int64_t to =
        static_cast<std::int64_t>(draw(spec, Draw::octave, lattice + 1) & 0x1ffff) - 65536;
    sum_ppm += ppm * (from * ((std::int64_t{1} << i) - offset) + to * offset) >> i;
  }
  return std::max<std::int64_t>(1, spec.base_ticks + scaled(spec.base_ticks, sum_ppm, 65536LL * 1'000'000));
}

std::int64_t MarketModel::close_ticks(int symbol, std::int64_t minute) const {
  const SymbolSpec& s = spec(symbol);
  return std::max<std::int64_t>(1, walk_ticks(s, minute + 1) + jump_ticks(s, minute));
}

// Ids are dense although nothing is counted: a trading minute t starts at id t * mean + jitter(t), jitter <
// mean / 2, and owns all ids up to the start of the next trading minute: more than mean / 2 >= 4 of them.
std::int64_t MarketModel::first_trade_id(int symbol, std::int64_t minute) const {
  const SymbolSpec& s = spec(symbol);
  const std::int64_t mean = style_of(s).trades_mean;
  while (!is_traded(symbol, minute)) ++minute;
  return minute * mean + draw_below(s, Draw::ids, minute, mean / 2);
}

SimBar MarketModel::bar(int symbol, std::int64_t minute) const {
  const SymbolSpec& s = spec(symbol);
  const Style& style = style_of(s);
  SimBar out;
  out.ts_open_ms = minute * kMinuteMs;
  if (!is_traded(symbol, minute)) {
    do --minute;
    while (!is_traded(symbol, minute));
    out.open = out.high = out.low = out.close = close_ticks(symbol, minute);
    return out;
  }
  out.close = close_ticks(symbol, minute);
  const std::int64_t around = walk_ticks(s, minute) + jump_ticks(s, minute);
  out.open = std::max<std::int64_t>(1, around + draw_below(s, Draw::open, minute, 3) - 1);
  const std::int64_t wick_max = std::max<std::int64_t>(1, s.base_ticks * style.wick_ppm / 1'000'000);
  const std::int64_t up = draw_below(s, Draw::wick_up, minute, wick_max + 1);
  const std::int64_t down = draw_below(s, Draw::wick_down, minute, wick_max + 1);
  out.high = std::max(out.open, out.close) + up;
  out.low = std::max<std::int64_t>(1, std::min(out.open, out.close) - down);

  out.first_id = first_trade_id(symbol, minute);
  out.last_id = first_trade_id(symbol, minute + 1) - 1;
  out.trades = out.last_id - out.first_id + 1;
  out.volume = out.trades * (1 + draw_below(s, Draw::lots, minute, style.lots_max)) + (out.first_id & 7);
  const std::int64_t mean_units = (out.open + out.high + out.low + out.close) * s.tick_units / 4;
  out.quote = out.volume * mean_units;
  out.taker_volume = scaled(out.volume, draw_below(s, Draw::taker, minute, 1001), 1000);
  out.taker_quote = out.taker_volume * mean_units;
  return out;
}

// The price goes in straight lines from open over one extreme and the other to the close, a third of the
// minute each.
SimBar MarketModel::partial_bar(int symbol, std::int64_t minute, std::int64_t elapsed_ms) const {
  SimBar out = bar(symbol, minute);
  if (out.trades == 0 || elapsed_ms >= kMinuteMs) return out;
  elapsed_ms = std::max<std::int64_t>(0, elapsed_ms);
  const bool high_first = (draw(spec(symbol), Draw::side, minute) & 1) != 0;
  const std::array<std::int64_t, 4> way = {out.open, high_first ? out.high : out.low,
                                           high_first ? out.low : out.high, out.close};
  constexpr std::int64_t kLegMs = kMinuteMs / 3;
  const auto leg = static_cast<std::size_t>(elapsed_ms / kLegMs);
  out.close = between(way[leg], way[leg + 1], elapsed_ms % kLegMs, kLegMs);
  const auto [low, high] =
      std::minmax_element(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(leg) + 1);
  out.high = std::max(*high, out.close);
  out.low = std::min(*low, out.close);

  const std::int64_t volume = out.volume;
  out.trades = 4 + (out.trades - 4) * elapsed_ms / kMinuteMs;  // four prices need four trades
  out.last_id = out.first_id + out.trades - 1;
  out.volume = std::max(out.trades, scaled(volume, elapsed_ms, kMinuteMs));
  out.quote = scaled(out.quote, out.volume, volume);
  out.taker_quote = scaled(out.taker_quote, out.volume, volume);
  out.taker_volume = scaled(out.taker_volume, out.volume, volume);
  return out;
}

// Open, one extreme, the other, somewhere between them, close.
std::vector<SimTrade> MarketModel::trades(int symbol, std::int64_t minute) const {
  const SimBar whole = bar(symbol, minute);
  std::vector<SimTrade> out;
  for (std::int64_t i = 0; i < whole.trades; ++i) {
    SimTrade trade;
    trade.id = whole.first_id + i;
    trade.ts_ms = whole.ts_open_ms + i * kMinuteMs / whole.trades;
    trade.quantity = whole.volume / whole.trades;
    if (i + 1 == whole.trades) trade.quantity += whole.volume % whole.trades;
    if (i == 0) {
      trade.price = whole.open;
    } else if (i + 1 == whole.trades) {
      trade.price = whole.close;
    } else if (i <= 2) {
      trade.price = i == 1 ? whole.high : whole.low;
    } else {
      trade.price = whole.low + draw_below(spec(symbol), Draw::side, trade.id, whole.high - whole.low + 1);
    }
    out.push_back(trade);
  }
  return out;
}

std::int64_t MarketModel::close_delay_ms(int symbol, std::int64_t minute) const {
  return 4 + draw_below(spec(symbol), Draw::delay, minute, 2000);
}

}  // namespace lockstep::sim
