#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace runner {

/** A line of stdin longer than this is a fault. */
constexpr size_t MAX_LINE_BYTES = 1 << 20;

/** Ids are echoed as they came: whole numbers up to 2^53, the range of a JSON number in a browser. */
using RequestId = uint64_t;

struct Generate {
    RequestId request = 0;
    std::string image;
    std::string prompt;
    int max_tokens = 128;
    float temperature = 0; // 0: greedy
    int top_k = 40;
    float top_p = 0.95f;
    float min_p = 0.05f;
    float repeat_penalty = 1;
    uint32_t seed = 0;
    std::vector<std::string> stop;
};

struct Cancel {
    RequestId request = 0;
};

struct Quit {};

using Request = std::variant<Generate, Cancel, Quit>;

/** Why a line is no request, in a sentence. */
struct BadRequest : std::runtime_error {
    BadRequest(const std::string & what, std::optional<RequestId> id) : std::runtime_error(what), request(id) {}
    std::optional<RequestId> request; // where the line says which
};

/** Reads one line. Limits and defaults are those of src/domain/runner-protocol.ts. Throws BadRequest. */
Request parse_request(const std::string & line);

} // namespace runner
