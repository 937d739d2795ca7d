#pragma once

#include "inbox.hpp"
#include "model.hpp"
#include "picture.hpp"

namespace runner {

/** Answers questions, one at a time; every one ends with a `done` or an `error` event. */
class Answerer {
public:
    Answerer(Model & model, const Inbox & inbox, std::string dump_path)
        : model_(model), inbox_(inbox), dump_path_(std::move(dump_path)) {}

    void answer(const Job & job);

private:
    struct Fault; // an `error` event on its way

    mtmd::input_chunks_ptr tokenize(const Generate & ask, const mtmd::bitmap & picture) const;
    void prefill(const mtmd_input_chunks * chunks, const std::string & picture, llama_sampler * sampler, events::Prompt & figures);
    void generate(const Job & job, llama_sampler * sampler, size_t room);

    Model & model_;
    const Inbox & inbox_;
    const std::string dump_path_;
    Encodings encodings_;
};

} // namespace runner
