#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "request.hpp"

/** Writes the events of docs/runner-protocol.md to stdout, one flushed line each. Any thread may call. */
namespace runner::events {

using Ms = std::optional<double>; // nothing: cannot be given, written as null

struct Ready {
    std::string engine;
    std::string model;
    uint64_t parameters;
    uint64_t bytes;
    uint32_t context;
    int threads;
    long cores;
    double load_ms;
    double load_vision_ms;
    std::string system;
};

struct Prompt {
    uint32_t width = 0;
    uint32_t height = 0;
    size_t image_tokens = 0;
    size_t text_tokens = 0;
    double load_image_ms = 0;
    double vision_ms = 0;
    double prefill_ms = 0;
    bool image_cached = false;
};

struct Done {
    const char * finish = "stop";
    std::string text;
    int tokens = 0;
    Ms first_token_ms;
    Ms decode_ms;
    double total_ms = 0;
};

void ready(const Ready & ready);
void prompt(RequestId request, const Prompt & prompt);
void token(RequestId request, int32_t id, const std::string & text, double t_ms);
void done(RequestId request, const Done & done);
void error(std::optional<RequestId> request, const char * code, const std::string & message);

} // namespace runner::events
