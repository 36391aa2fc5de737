# The one home of the flags that make results the same bits everywhere. Every target of this project links
# lockstep_build_flags; tests/build/bit_identity_test.cmake reads compile_commands.json and fails when a translation
# unit escapes it or adds a flag that changes arithmetic.
#
# The CUDA kernels are compiled by nvcc and NVRTC (kernels/cuda/) with LOCKSTEP_CUDA_FLAGS; a test reads their PTX.
set(LOCKSTEP_CUDA_FLAGS --fmad=false --ftz=false --prec-div=true --prec-sqrt=true)
add_library(lockstep_build_flags INTERFACE)
target_compile_options(lockstep_build_flags INTERFACE
  # No fused multiply-add unless the source asks for one: GCC's default (fast) would contract a*b+c.
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>
  $<$<COMPILE_LANGUAGE:CXX>:-fno-fast-math>
  $<$<COMPILE_LANGUAGE:CXX>:-Wall>
  $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
  # The per-CPU sources use 64-byte vectors in internal functions only; their calling convention never leaves a file.
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-psabi>)
target_include_directories(lockstep_build_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)

if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_build_flags INTERFACE
    -fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lockstep_build_flags INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()
