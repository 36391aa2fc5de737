// What `top -H` and debuggers call a thread.
#pragma once

#include <pthread.h>

namespace lockstep::engine {

/// Names the calling thread; at most 15 characters, or nothing happens.
inline void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace lockstep::engine
