# Everything beyond lockstep::incremental. tools/install-packages names the Debian and Ubuntu packages.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)

# The target's name depends on how zstd was built.
find_package(zstd REQUIRED)
add_library(lockstep_zstd INTERFACE)
target_link_libraries(lockstep_zstd INTERFACE $<IF:$<TARGET_EXISTS:zstd::libzstd_shared>,zstd::libzstd_shared,zstd::libzstd_static>)

# Debian ships the moodycamel queue as plain headers without a CMake package.
find_path(CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue.h
          PATH_SUFFIXES concurrentqueue concurrentqueue/moodycamel moodycamel REQUIRED)
add_library(lockstep_concurrentqueue INTERFACE)
target_include_directories(lockstep_concurrentqueue SYSTEM INTERFACE ${CONCURRENTQUEUE_INCLUDE_DIR})

# Asio and Beast are header-only; their compiled half is built once, which saves every user the time.
add_library(lockstep_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio_impl.cpp)
target_link_libraries(lockstep_asio PUBLIC lockstep_build_flags Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(lockstep_asio PUBLIC BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION
                                                BOOST_BEAST_SEPARATE_COMPILATION)
