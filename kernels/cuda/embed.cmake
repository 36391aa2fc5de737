# IMAGE (a file, or nothing) as OUT, a C++ source with embedded_kernels().
set(array "")
set(span "{}")
if(IMAGE)
  file(READ ${IMAGE} digits HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${digits}")
  set(array "namespace {\n\nalignas(64) constexpr unsigned char kImage[] = {${bytes}};\n\n}  // namespace\n\n")
  set(span "kImage")
endif()
file(WRITE ${OUT} "#include \"kernels/cuda/images.hpp\"

namespace lockstep::cuda {
${array}
std::span<const unsigned char> embedded_kernels() {
  return ${span};
}

}  // namespace lockstep::cuda
")
