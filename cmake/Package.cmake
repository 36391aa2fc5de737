# `cpack` in a build folder makes a Debian package: program, configuration in /etc, unit, manual page, completions, docs.
# docs/operations.md shows how to build and install it.
# The program is run here to describe itself, and a project that includes this one makes packages of its own.
if(NOT TARGET lockstep OR CMAKE_CROSSCOMPILING OR NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

# The program describes itself, so that neither page nor completions miss an option.
set(lockstep_texts ${PROJECT_BINARY_DIR}/package)
set(lockstep_made ${lockstep_texts}/lockstep.1.gz ${lockstep_texts}/lockstep.bash ${lockstep_texts}/_lockstep
                  ${lockstep_texts}/lockstep.fish)
add_custom_command(
  OUTPUT ${lockstep_made}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${lockstep_texts}
  COMMAND lockstep man > ${lockstep_texts}/lockstep.1
  COMMAND gzip -9 -n -f ${lockstep_texts}/lockstep.1
  COMMAND lockstep completion bash > ${lockstep_texts}/lockstep.bash
  COMMAND lockstep completion zsh > ${lockstep_texts}/_lockstep
  COMMAND lockstep completion fish > ${lockstep_texts}/lockstep.fish
  DEPENDS lockstep VERBATIM)
add_custom_target(lockstep_package_texts ALL DEPENDS ${lockstep_made})

set(package_dir ${PROJECT_SOURCE_DIR}/tools/package)
# What belongs to a system's own folders only goes into the package: `cmake --install --prefix` leaves them alone.
install(FILES ${package_dir}/lockstep.toml DESTINATION /etc/lockstep COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${package_dir}/lockstep.service DESTINATION /lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${lockstep_texts}/lockstep.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${lockstep_texts}/lockstep.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME lockstep COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${lockstep_texts}/_lockstep DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${lockstep_texts}/lockstep.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        COMPONENT service EXCLUDE_FROM_ALL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lockstep COMPONENT service
        EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lockstep)
set(CPACK_PACKAGE_VENDOR lockstep)
set(CPACK_PACKAGE_CONTACT "lockstep <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "streaming trend classification for trading bots")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program service)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_dir}/conffiles ${package_dir}/postinst ${package_dir}/prerm
                                       ${package_dir}/postrm)
include(CPack)
