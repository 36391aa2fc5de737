// The keys of the tables inside [alerts].
#pragma once

#include <string>
#include <vector>

namespace lockstep::engine::detail {

/// Every key of [[alerts.target]] and [[alerts.rule]], as "alerts.target.name".
std::vector<std::string> alert_item_keys();

}  // namespace lockstep::engine::detail
