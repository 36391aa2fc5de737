# cmake --install gives the program and the package `lockstep`: find_package(lockstep) brings lockstep::incremental, which
# needs nothing but the C++ standard library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(lockstep_public_headers
    incremental/anchored_state.hpp
    incremental/bar.hpp
    incremental/config.hpp
    incremental/digest.hpp
    incremental/outputs.hpp
    incremental/params.hpp
    incremental/state.hpp)
install(FILES ${lockstep_public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lockstep/incremental
        COMPONENT embed)
install(TARGETS lockstep_incremental EXPORT lockstepTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT embed)

set(lockstep_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lockstep)
install(EXPORT lockstepTargets NAMESPACE lockstep:: DESTINATION ${lockstep_package_dir} COMPONENT embed)
configure_package_config_file(cmake/lockstepConfig.cmake.in ${PROJECT_BINARY_DIR}/lockstepConfig.cmake
                              INSTALL_DESTINATION ${lockstep_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lockstepConfig.cmake ${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake
        DESTINATION ${lockstep_package_dir} COMPONENT embed)

if(TARGET lockstep)
  install(TARGETS lockstep lockstep-simulate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
