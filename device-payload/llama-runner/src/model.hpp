#pragma once

#include <functional>
#include <memory>
#include <string>

#include "args.hpp"
#include "chat.hpp"
#include "events.hpp"
#include "llama-cpp.h"
#include "mtmd.h"

namespace runner {

/** A language model, its vision encoder and one context, loaded from files. */
class Model {
public:
    /** Asked from the middle of a computation: true ends it. Must outlive the model. */
    using Stop = std::function<bool()>;

    /** Loads all. Throws std::runtime_error with llama.cpp's own words. */
    Model(const Args & args, const Stop & stop);

    llama_context * context() const { return context_.get(); }
    mtmd_context * vision() const { return vision_.get(); }
    const llama_vocab * vocab() const { return llama_model_get_vocab(model_.get()); }
    const Chat & chat() const { return *chat_; }

    /** Numbers per token of an embedding. */
    size_t width() const { return static_cast<size_t>(llama_model_n_embd_inp(model_.get())); }

    /** Tokens per call of llama_decode. */
    int batch() const { return static_cast<int>(llama_n_batch(context_.get())); }

    /** What to say about it. */
    events::Ready facts() const;

private:
    void load_language(const Args & args);
    void load_vision(const Args & args);
    void make_context(const Args & args);

    const Stop & stop_;
    int nodes_ = 0; // of the vision encoder's graph, counted for `stop_`
    llama_model_ptr model_;
    mtmd::context_ptr vision_;
    llama_context_ptr context_;
    std::unique_ptr<Chat> chat_;
    double load_ms_ = 0;
    double load_vision_ms_ = 0;
};

} // namespace runner
