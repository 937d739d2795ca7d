#include "args.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace runner {

const char USAGE[] =
    "llama-runner --model LM.gguf --mmproj MM.gguf --serve [--threads N] [--ctx N] [--dump FILE]\n"
    "  Requests as lines of JSON on stdin, events as lines of JSON on stdout: docs/runner-protocol.md.\n"
    "  --threads  default: the cores, at most 4        --ctx   tokens, default: the model's own\n"
    "  --dump     writes each picture's embeddings there, raw f32 [tokens][width]\n";

static int number(const std::string & name, const std::string & text, int max) {
    char * end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || value < 1 || value > max)
        throw std::invalid_argument(name + " must be a number from 1 to " + std::to_string(max));
    return static_cast<int>(value);
}

Args parse_args(int argc, char ** argv) {
    Args args;
    bool serve = false;
    for (int i = 1; i < argc; i++) {
        const std::string name = argv[i];
        if (name == "--serve") {
            serve = true;
            continue;
        }
        if (i + 1 == argc) throw std::invalid_argument(name + " needs a value, or is unknown");
        const std::string value = argv[++i];
        if (name == "--model") args.model = value;
        else if (name == "--mmproj") args.mmproj = value;
        else if (name == "--dump") args.dump = value;
        else if (name == "--threads") args.threads = number(name, value, 256);
        else if (name == "--ctx") args.context = number(name, value, 1 << 20);
        else throw std::invalid_argument("unknown option " + name);
    }
    if (args.model.empty()) throw std::invalid_argument("--model is missing");
    if (args.mmproj.empty()) throw std::invalid_argument("--mmproj is missing");
    if (!serve) throw std::invalid_argument("--serve is missing: there is no other way to be asked");
    if (args.threads == 0) {
        // 1 where /sys and /proc are not there.
        const long cores = sysconf(_SC_NPROCESSORS_ONLN);
        args.threads = cores > 4 ? 4 : cores < 1 ? 1 : static_cast<int>(cores);
    }
    return args;
}

} // namespace runner
