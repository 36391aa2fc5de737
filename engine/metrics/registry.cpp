#include "engine/metrics/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace lockstep::engine::metrics {
namespace {

bool is_word(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_next = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), is_next);
}

}  // namespace

Registry::Family& Registry::family(std::string_view name, std::string_view help, Type type) {
  const auto found =
      std::find_if(families_.begin(), families_.end(), [&](const Family& each) { return each.name == name; });
  if (found == families_.end())
    return families_.emplace_back(Family{std::string(name), std::string(help), type, {}});
  if (found->type != type)
    throw std::invalid_argument("metric " + std::string(name) + " is there with another type");
  return *found;
}

template <class Content>
Content& Registry::find(std::string_view name, std::string_view help, Type type, const OwnLabels& labels) {
  if (!is_word(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is no name of a metric: a-z, 0-9 and _");
  for (const auto& [label, value] : labels) {
    if (!is_word(label) || label == "le")
      throw std::invalid_argument("metric " + std::string(name) + ": \"" + label +
                                  "\" is no name of a label");
  }
  const std::lock_guard lock(mutex_);
  Family& own = family(name, help, type);
  const auto found = std::find_if(own.values.begin(), own.values.end(),
                                  [&](const Value& value) { return value.labels == labels; });
  if (found != own.values.end()) return std::get<Content>(found->content);
  if (own.values.size() == kValuesMax) {
    throw std::invalid_argument("metric " + std::string(name) + " has " + std::to_string(kValuesMax) +
                                " values; labels must have few values, not one for each symbol");
  }
  return std::get<Content>(own.values.emplace_back(labels, std::in_place_type<Content>).content);
}

Counter& Registry::counter(std::string_view name, std::string_view help, const OwnLabels& labels) {
  return find<Counter>(name, help, Type::counter, labels);
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, const OwnLabels& labels) {
  return find<Gauge>(name, help, Type::gauge, labels);
}

Latency& Registry::latency(std::string_view name, std::string_view help, const OwnLabels& labels) {
  return find<Latency>(name, help, Type::histogram, labels);
}

void Registry::on_collect(Collector collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

void Registry::write(TextWriter& out) const {
  const std::lock_guard lock(mutex_);
  for (const Family& family : families_) {
    out.family(family.name, family.type, family.help);
    for (const Value& value : family.values) {
      const Labels labels(value.labels.begin(), value.labels.end());
      if (const auto* counter = std::get_if<Counter>(&value.content)) {
        out.value(labels, counter->value());
      } else if (const auto* gauge = std::get_if<Gauge>(&value.content)) {
        out.value(labels, gauge->value());
      } else {
        out.value(labels, std::get<Latency>(value.content).totals());
      }
    }
  }
  for (const Collector& collect : collectors_) collect(out);
}

}  // namespace lockstep::engine::metrics
