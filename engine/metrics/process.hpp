// What the process takes from the machine, under the names that every Prometheus client uses.
#pragma once

#include "engine/metrics/text_writer.hpp"

namespace lockstep::engine::metrics {

/// Memory, descriptors, CPU and start time, from /proc. What cannot be read is left out.
void write_process(TextWriter& out);

}  // namespace lockstep::engine::metrics
