// `--backend NAME`, as the commands have it that recompute in batch.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/batch.hpp"

namespace lockstep::tools {

/// The backend of that name; nothing for one of `others`, names that leave it open. CommandError (usage) for
/// a name that is none, or that this machine or build lacks: it says which there are.
std::optional<Backend> settle_backend(const std::string& name, std::span<const std::string_view> others);

}  // namespace lockstep::tools
