# What makes a fault harder to use (A12 in docs/faults.md). Programs are position-independent and read-only where the
# linker has done its work; the folders that take bytes from outside check stacks and buffers as they run. incremental/
# and kernels/, which see checked numbers only, are compiled as ever. Off by default, since it would be one more thing
# to fit into the build of a project that includes this one; the release preset, which packages are made of, turns it on.
option(LOCKSTEP_HARDEN "Stack protector and checked buffers where bytes come from outside" OFF)

# lockstep_harden_folder(): for the targets of the calling folder and those below it.
function(lockstep_harden_folder)
  if(NOT LOCKSTEP_HARDEN OR LOCKSTEP_SANITIZE OR LOCKSTEP_FUZZ)
    return()
  endif()
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong>)
  # Buffers are checked only where the compiler optimises; some compilers have set a level of their own.
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-U_FORTIFY_SOURCE> $<$<COMPILE_LANGUAGE:CXX>:-D_FORTIFY_SOURCE=2>)
  endif()
endfunction()

# lockstep_harden_program(TARGET)
function(lockstep_harden_program target)
  if(LOCKSTEP_SANITIZE)
    return()
  endif()
  target_link_options(${target} PRIVATE -pie LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
endfunction()
