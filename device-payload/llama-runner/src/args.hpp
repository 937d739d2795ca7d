#pragma once

#include <string>

namespace runner {

/** The command line. docs/runner-protocol.md names the options. */
struct Args {
    std::string model;
    std::string mmproj;
    int threads = 0; // 0: up to four of the cores
    int context = 0; // tokens; 0: what the model was trained with
    std::string dump; // file for the embeddings of the latest picture; empty: none
};

extern const char USAGE[];

/** Reads the command line. Throws std::invalid_argument with a sentence. */
Args parse_args(int argc, char ** argv);

} // namespace runner
