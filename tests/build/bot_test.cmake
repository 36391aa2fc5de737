# Installs lockstep::incremental from a build of its own (nothing but a compiler found), builds the example bot against the
# installed package, runs it.
foreach(needed SOURCE_DIR WORK_DIR CXX)
  if(NOT DEFINED ${needed})
    message(FATAL_ERROR "usage: cmake -DSOURCE_DIR=... -DWORK_DIR=... -DCXX=... -P bot_test.cmake")
  endif()
endforeach()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(common -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=${CXX})
run(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/embed ${common} -DLOCKSTEP_EMBED_ONLY=ON)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/embed)
run(${CMAKE_COMMAND} --install ${WORK_DIR}/embed --prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/tests/build/bot -B ${WORK_DIR}/bot ${common}
    -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/bot)
run(${WORK_DIR}/bot/bot)
if(NOT output MATCHES "[0-9]+ trades, digest [0-9a-f]+")
  message(FATAL_ERROR "the bot said:\n${output}")
endif()
