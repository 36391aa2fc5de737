#include "tests/support/golden.hpp"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/support/gz_csv.hpp"

namespace lockstep::test {
namespace {

using Json = nlohmann::json;

const std::string kShared = LOCKSTEP_SHARED_DIR;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  return Json::parse(file);
}

template <typename Value>
Value parse_whole(const std::string& text) {
  Value value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + text);
  }
  return value;
}

/// Decimal text to ticks, by its digits.
std::int64_t parse_ticks(const std::string& text, int price_scale) {
  const std::size_t point = text.find('.');
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  while (fraction.ends_with('0')) fraction.pop_back();
  if (fraction.size() > static_cast<std::size_t>(price_scale)) {
    throw std::runtime_error("more than " + std::to_string(price_scale) + " decimals: " + text);
  }
  fraction.resize(static_cast<std::size_t>(price_scale), '0');
  return parse_whole<std::int64_t>(text.substr(0, point) + fraction);
}

template <typename Enum>
Enum choice(const std::string& text, std::initializer_list<const char*> names) {
  int index = 0;
  for (const char* name : names) {
    if (text == name) return static_cast<Enum>(index);
    ++index;
  }
  throw std::runtime_error("unknown choice " + text);
}

/// The fields that both sets write alike.
AtcConfig common_config(const Json& json) {
  AtcConfig config;
  config.robustness = choice<Robustness>(json.at("robustness"), {"Narrow", "Medium", "Wide"});
  config.source =
      choice<Source>(json.at("source"), {"close", "open", "high", "low", "hl2", "hlc3", "ohlc4", "hlcc4"});
  config.lambda = json.at("lambda");
  config.cutout = json.at("cutout");
  config.long_threshold = json.at("long_threshold");
  config.short_threshold = json.at("short_threshold");
  return config;
}

AtcConfig golden_config(const Json& json) {
  AtcConfig config = common_config(json);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    const std::string family(kFamilyNames[f]);
    config.lengths[f] = json.at(family + "_len");
    config.weights[f] = json.at(family + "_w");
  }
  config.decay = json.at("decay");
  config.hma = choice<HmaKind>(json.at("hma"), {"sma", "hull"});
  config.kama_seed = choice<KamaSeed>(json.at("kama_seed"), {"zero", "price"});
  return config;
}

AtcConfig golden_tv_config(const Json& json) {
  AtcConfig config = common_config(json);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    const std::string family(kFamilyNames[f]);
    config.lengths[f] = json.at("lengths").at(family);
    config.weights[f] = json.at("weights").at(family);
  }
  config.decay = json.at("decay_percent");
  config.strategy = json.at("strategy");
  return config;
}

}  // namespace

std::vector<GoldenPair> golden_pairs() {
  const std::string folder = kShared + "/golden/";
  const Json json = read_json(folder + "configs.json");
  std::vector<GoldenPair> pairs;
  for (const auto& [series, about] : json.at("series").items()) {
    for (const std::string config : about.at("configs")) {
      GoldenPair pair;
      pair.name = series + "__" + config;
      pair.config = golden_config(json.at("configs").at(config));
      pair.price_scale = about.at("price_decimals");
      pair.bars_path = folder + series + ".csv";
      pair.outputs_path = folder + pair.name + ".csv.gz";
      pair.events_path = folder + "events/" + pair.name + ".csv";
      pairs.push_back(pair);
    }
  }
  return pairs;
}

std::vector<GoldenPair> golden_tv_pairs() {
  const std::string folder = kShared + "/golden_tv/";
  const Json json = read_json(folder + "configs.json");
  std::vector<GoldenPair> pairs;
  for (const auto& [name, about] : json.at("pairs").items()) {
    const Json& series = json.at("series").at(about.at("series").get<std::string>());
    GoldenPair pair;
    pair.name = name;
    pair.config = golden_tv_config(json.at("configs").at(about.at("config").get<std::string>()));
    pair.price_scale = series.at("price_scale");
    pair.bars_path = folder + series.at("input").get<std::string>();
    pair.averages_path = folder + about.at("output").get<std::string>();
    const Json& exact = about.at("exact_windows_output");
    pair.outputs_path = exact.is_null() ? pair.averages_path : folder + exact.get<std::string>();
    pairs.push_back(pair);
  }
  return pairs;
}

std::vector<BarTicks> read_bars(const std::string& path, int price_scale) {
  const CsvTable table = read_csv(path);
  std::vector<BarTicks> bars;
  for (const auto& row : table.rows) {
    try {
      const auto ticks = [&](const char* name) { return parse_ticks(row[table.column(name)], price_scale); };
      bars.push_back({parse_whole<std::int64_t>(row[table.column("ts_ms")]), ticks("open"), ticks("high"),
                      ticks("low"), ticks("close")});
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + " row " + std::to_string(bars.size()) + ": " + error.what());
    }
  }
  return bars;
}

double parse_output(const std::string& text) {
  return text.empty() || text == "nan" ? kUndefined : parse_whole<double>(text);
}

}  // namespace lockstep::test
