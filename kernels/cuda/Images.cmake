# What lockstep_kernels embeds of the CUDA kernels: their headers as text for the run-time compiler, always; and, where
# nvcc is there, their code: one PTX, which a test reads, and from it native code for the architectures below. Nothing of
# CUDA is linked: the driver is opened at run time.
option(LOCKSTEP_CUDA "Compile the CUDA kernels when the CUDA toolkit is found" ON)
set(LOCKSTEP_CUDA_ARCHITECTURES "80;86;89;90" CACHE STRING "Native code for these; newer ones translate the PTX")

set(lockstep_cuda_headers
    incremental/arithmetic.hpp
    kernels/cuda/device/averages.hpp
    kernels/cuda/device/batch_kernel.hpp
    kernels/cuda/device/config.hpp
    kernels/cuda/device/family.hpp
    kernels/cuda/device/layout.hpp
    kernels/cuda/device/numbers.hpp
    kernels/cuda/device/thread.hpp)
set(lockstep_cuda_out ${CMAKE_CURRENT_BINARY_DIR}/cuda)
file(MAKE_DIRECTORY ${lockstep_cuda_out})

# Headers, as one source of raw string literals.
set(text "#include \"kernels/cuda/images.hpp\"\n\nnamespace lockstep::cuda {\nnamespace {\n\nconstexpr EmbeddedHeader kHeaders[] = {\n")
foreach(header ${lockstep_cuda_headers})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${header})
  file(READ ${PROJECT_SOURCE_DIR}/${header} header_text)
  string(APPEND text "    {\"${header}\", R\"lockstep(${header_text})lockstep\"},\n")
endforeach()
string(APPEND text "};\n\n}  // namespace\n\nstd::span<const EmbeddedHeader> embedded_headers() {\n  return kHeaders;\n}\n\n")
string(APPEND text "}  // namespace lockstep::cuda\n")
file(CONFIGURE OUTPUT ${lockstep_cuda_out}/headers.cpp CONTENT "${text}" @ONLY)
target_sources(lockstep_kernels PRIVATE ${lockstep_cuda_out}/headers.cpp)
list(JOIN LOCKSTEP_CUDA_FLAGS "\", \"" lockstep_cuda_flags_text)
set_source_files_properties(cuda/nvrtc.cpp cuda/kernel_cache.cpp PROPERTIES
  COMPILE_DEFINITIONS "LOCKSTEP_CUDA_FLAGS=\"${lockstep_cuda_flags_text}\"")

if(LOCKSTEP_CUDA)
  find_package(CUDAToolkit 12.0 QUIET)
endif()
if(NOT CUDAToolkit_FOUND OR NOT CUDAToolkit_NVCC_EXECUTABLE)
  set(LOCKSTEP_NVCC "" CACHE INTERNAL "nvcc, or nothing")
  message(STATUS "CUDA kernels: no (no toolkit); everything else is complete")
  set(OUT ${lockstep_cuda_out}/no_image.cpp)
  include(${CMAKE_CURRENT_SOURCE_DIR}/cuda/embed.cmake)
  target_sources(lockstep_kernels PRIVATE ${OUT})
  return()
endif()
set(LOCKSTEP_NVCC ${CUDAToolkit_NVCC_EXECUTABLE} CACHE INTERNAL "nvcc, or nothing")
message(STATUS "CUDA kernels: ${LOCKSTEP_CUDA_ARCHITECTURES} with nvcc ${CUDAToolkit_VERSION}")

list(TRANSFORM lockstep_cuda_headers PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE lockstep_cuda_header_files)
set(LOCKSTEP_CUDA_PTX ${lockstep_cuda_out}/kernels.ptx CACHE INTERNAL "The PTX that all native code is made from")
add_custom_command(
  OUTPUT ${LOCKSTEP_CUDA_PTX}
  COMMAND ${LOCKSTEP_NVCC} -std=c++20 --ptx -arch=compute_75 ${LOCKSTEP_CUDA_FLAGS} -I${PROJECT_SOURCE_DIR}
          ${CMAKE_CURRENT_SOURCE_DIR}/cuda/kernels.cu -o ${LOCKSTEP_CUDA_PTX}
  DEPENDS cuda/kernels.cu cuda/rounding_probe.cuh cuda/device/hot.hpp ${lockstep_cuda_header_files}
  COMMENT "CUDA kernels to PTX" VERBATIM)
set(lockstep_cuda_targets -gencode arch=compute_75,code=compute_75)
foreach(architecture ${LOCKSTEP_CUDA_ARCHITECTURES})
  list(APPEND lockstep_cuda_targets -gencode arch=compute_75,code=sm_${architecture})
endforeach()
add_custom_command(
  OUTPUT ${lockstep_cuda_out}/image.cpp
  COMMAND ${LOCKSTEP_NVCC} --fatbin ${lockstep_cuda_targets} ${LOCKSTEP_CUDA_PTX} -o ${lockstep_cuda_out}/kernels.fatbin
  COMMAND ${CMAKE_COMMAND} -DIMAGE=${lockstep_cuda_out}/kernels.fatbin -DOUT=${lockstep_cuda_out}/image.cpp
          -P ${CMAKE_CURRENT_SOURCE_DIR}/cuda/embed.cmake
  DEPENDS ${LOCKSTEP_CUDA_PTX} cuda/embed.cmake
  COMMENT "CUDA kernels to native code" VERBATIM)
target_sources(lockstep_kernels PRIVATE ${lockstep_cuda_out}/image.cpp)
