#pragma once

#include "llama-cpp.h"
#include "request.hpp"

namespace runner {

/** Chooses tokens as `ask` wants, in llama.cpp's usual order: penalty, top-k, top-p, min-p, temperature, draw. */
llama_sampler_ptr make_sampler(const Generate & ask, const llama_vocab * vocab);

} // namespace runner
