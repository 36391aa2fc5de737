// Tasks over threads. Which thread does which task decides no result.
#pragma once

#include <cstdint>
#include <functional>

namespace lockstep::detail {

/// CPUs that this process may run on, at least 1.
int cpus_allowed();

/// Calls task(thread, index) once for every index in 0 .. tasks - 1, on at most `threads` threads (numbered
/// from 0, this one among them), in rising order as threads become free. An exception of a task ends the rest
/// and is thrown here.
void for_each_task(int threads, std::int64_t tasks, const std::function<void(int, std::int64_t)>& task);

}  // namespace lockstep::detail
