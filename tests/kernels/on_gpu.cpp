// on_gpu PROGRAM ARGUMENT...: runs the program with LOCKSTEP_TEST_BACKEND=cuda, which makes the tests of the
// batch take the GPU alone. Without a GPU: says why, and 77, which ctest shows as skipped.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kernels/cuda/cuda_backend.hpp"

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: on_gpu PROGRAM ARGUMENT...\n", stderr), 2;
  if (const auto reason = lockstep::cuda::why_not_cuda()) {
    std::printf("skipped: %s\n", reason->c_str());
    return 77;
  }
  std::printf("%s\n", lockstep::cuda::cuda_description().c_str());
  std::fflush(stdout);
  setenv("LOCKSTEP_TEST_BACKEND", "cuda", 1);
  execv(argv[1], argv + 1);
  std::perror(argv[1]);
  return 1;
}
