// What the API's clients cost the engine.
#pragma once

#include "tools/bench/bench.hpp"

namespace lockstep::bench {

/// A whole daemon with 1,000 symbols gets 1,000 frames a second at random times, in alternating stretches
/// without clients and with 1,000 of them that read in another process. For each poll mode, percentiles of a
/// stretch, the median over the stretches of a kind, ns: from the frame's leaving the socket to the published
/// signal, and from the venue's send(); `ratio` is with clients over without.
Json measure_engine_with_clients(const BenchOptions& options);

}  // namespace lockstep::bench
