#include "sampler.hpp"

#include <cmath>
#include <vector>

namespace runner {

/** Tokens that the repetition penalty looks back on; llama.cpp's default. */
static const int PENALTY_TOKENS = 64;

/** Tokens that the model's own file says must never come. */
static llama_sampler * never(const llama_vocab * vocab) {
    int32_t count = 0;
    const llama_token * tokens = llama_vocab_get_suppress_tokens(vocab, &count);
    std::vector<llama_logit_bias> biases;
    for (int32_t i = 0; i < count; i++) biases.push_back({tokens[i], -INFINITY});
    return llama_sampler_init_logit_bias(llama_vocab_n_tokens(vocab), count, biases.data());
}

llama_sampler_ptr make_sampler(const Generate & ask, const llama_vocab * vocab) {
    llama_sampler_ptr chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    const auto add = [&](llama_sampler * step) { llama_sampler_chain_add(chain.get(), step); };
    add(never(vocab));
    add(llama_sampler_init_penalties(llama_vocab_n_tokens(vocab), PENALTY_TOKENS, ask.repeat_penalty, 0, 0));
    if (ask.temperature <= 0) {
        add(llama_sampler_init_greedy());
        return chain;
    }
    add(llama_sampler_init_top_k(ask.top_k));
    add(llama_sampler_init_top_p(ask.top_p, 1));
    add(llama_sampler_init_min_p(ask.min_p, 1));
    add(llama_sampler_init_temp(ask.temperature));
    add(llama_sampler_init_dist(ask.seed));
    return chain;
}

} // namespace runner
