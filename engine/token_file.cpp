#include "engine/token_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "engine/core/defence.hpp"

namespace lockstep::engine {

std::string read_token_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw std::invalid_argument(std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw std::invalid_argument("is not a file");
  if ((status.st_mode & 077) != 0 && LOCKSTEP_DEFENCE(token_file_mode))
    throw std::invalid_argument("can be read by other users of this machine: `chmod 600` it");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::invalid_argument(std::string("cannot be read: ") + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.find('\n') != std::string::npos)
    throw std::invalid_argument("must hold the token and nothing else");
  return text;
}

}  // namespace lockstep::engine
