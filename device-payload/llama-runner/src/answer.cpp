#include "answer.hpp"

#include <algorithm>
#include <utility>

#include "mtmd-helper.h"
#include "sampler.hpp"
#include "text.hpp"

namespace runner {

struct Answerer::Fault {
    const char * code;
    std::string message;
};

/** Thrown when somebody wants the answer to end. */
struct Cancelled {};

static double ms_since(int64_t start_us) { return static_cast<double>(ggml_time_us() - start_us) / 1000; }

void Answerer::answer(const Job & job) {
    const Generate & ask = job.ask;
    try {
        llama_memory_clear(llama_get_memory(model_.context()), true);
        events::Prompt figures;
        const int64_t start = ggml_time_us();
        const mtmd::bitmap picture = [&] {
            try {
                return load_picture(model_, ask.image);
            } catch (const std::runtime_error & fault) {
                throw Fault{"image", fault.what()};
            }
        }();
        const mtmd::input_chunks_ptr chunks = tokenize(ask, picture);
        figures.load_image_ms = ms_since(start);
        figures.width = picture.nx();
        figures.height = picture.ny();

        // Refused before the slow part. One token of room at least, or there is no answer.
        const size_t tokens = mtmd_helper_get_n_tokens(chunks.get());
        const size_t context = llama_n_ctx(model_.context());
        if (tokens >= context)
            throw Fault{"context", "picture and question have " + std::to_string(tokens) + " tokens, the context holds " +
                                       std::to_string(context) + " with the answer"};

        const llama_sampler_ptr sampler = make_sampler(ask, model_.vocab());
        prefill(chunks.get(), picture.id(), sampler.get(), figures);
        events::prompt(ask.request, figures);
        generate(job, sampler.get(), context - tokens);
    } catch (const Fault & fault) {
        events::error(ask.request, fault.code, fault.message);
    } catch (const Cancelled &) {
        events::Done done;
        done.finish = "cancelled";
        done.total_ms = ms_since(job.arrived_us);
        events::done(ask.request, done);
    } catch (const std::exception & fault) {
        events::error(ask.request, "internal", fault.what());
    }
}

/** The model's own template around picture and prompt, as chunks of tokens. */
mtmd::input_chunks_ptr Answerer::tokenize(const Generate & ask, const mtmd::bitmap & picture) const {
    const std::string marker = mtmd_get_marker(model_.vision());
    if (ask.prompt.find(marker) != std::string::npos) throw Fault{"prompt", "the prompt contains " + marker};
    const std::string text = model_.chat().render(marker + ask.prompt);
    mtmd::input_chunks_ptr chunks(mtmd_input_chunks_init());
    const mtmd_input_text input = {text.c_str(), text.size(), true, true};
    const mtmd_bitmap * pictures[] = {picture.ptr.get()};
    if (mtmd_tokenize(model_.vision(), chunks.get(), &input, pictures, 1) != 0)
        throw Fault{"image", "the picture cannot be prepared for this model"};
    return chunks;
}

void Answerer::prefill(const mtmd_input_chunks * chunks, const std::string & picture, llama_sampler * sampler,
                       events::Prompt & figures) {
    const auto check = [&](bool good) {
        if (inbox_.cancelled()) throw Cancelled{};
        if (!good) throw Fault{"internal", "llama.cpp could not compute the prompt; its log says why"};
    };
    llama_pos past = 0;
    size_t media = 0;
    figures.image_cached = encodings_.holds(picture);
    const size_t count = mtmd_input_chunks_size(chunks);
    for (size_t i = 0; i < count; i++) {
        const mtmd_input_chunk * chunk = mtmd_input_chunks_get(chunks, i);
        size_t tokens = mtmd_input_chunk_get_n_tokens(chunk);
        int64_t start = ggml_time_us();
        if (mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT) {
            check(mtmd_helper_eval_chunk_single(model_.vision(), model_.context(), chunk, past, 0, model_.batch(),
                                                i + 1 == count, &past) == 0);
            const llama_token * ids = mtmd_input_chunk_get_tokens_text(chunk, &tokens);
            for (size_t t = 0; t < tokens; t++) llama_sampler_accept(sampler, ids[t]); // for the repetition penalty
            figures.text_tokens += tokens;
        } else {
            float * embeddings = encodings_.of(model_, picture, chunk, media++);
            if (inbox_.cancelled()) encodings_.forget(); // may have been stopped half-way
            check(embeddings != nullptr);
            figures.vision_ms += ms_since(start);
            start = ggml_time_us();
            check(mtmd_helper_decode_image_chunk(model_.vision(), model_.context(), chunk, embeddings, past, 0,
                                                 model_.batch(), &past, nullptr, nullptr) == 0);
            figures.image_tokens += tokens;
        }
        figures.prefill_ms += ms_since(start);
    }
    if (!dump_path_.empty()) encodings_.dump(dump_path_);
}

/** Token after token, until the model ends, a limit is reached or somebody cancels. `room` is what the context has left. */
void Answerer::generate(const Job & job, llama_sampler * sampler, size_t room) {
    const Generate & ask = job.ask;
    const int most = static_cast<int>(std::min<size_t>(static_cast<size_t>(ask.max_tokens), room));
    TextStream stream(ask.stop);
    events::Done done;
    int64_t first_us = 0;
    llama_token token = LLAMA_TOKEN_NULL;
    const auto say = [&](const std::string & text) {
        events::token(ask.request, token, text, ms_since(job.arrived_us));
        done.text += text;
    };
    for (;;) {
        token = llama_sampler_sample(sampler, model_.context(), -1);
        const int64_t now = ggml_time_us();
        if (++done.tokens == 1) {
            first_us = now;
            done.first_token_ms = static_cast<double>(now - job.arrived_us) / 1000;
        }
        done.decode_ms = static_cast<double>(now - first_us) / 1000;
        if (llama_vocab_is_eog(model_.vocab(), token)) break;

        char bytes[1024];
        const int length = llama_token_to_piece(model_.vocab(), token, bytes, sizeof bytes, 0, false);
        const std::string text = stream.push(std::string(bytes, static_cast<size_t>(std::max(length, 0))));
        if (!text.empty() || stream.settled()) say(text);
        if (stream.stopped()) break;
        if (done.tokens >= most) {
            done.finish = "length";
            break;
        }
        const int result = llama_decode(model_.context(), llama_batch_get_one(&token, 1));
        if (inbox_.cancelled()) {
            done.finish = "cancelled";
            break;
        }
        if (result != 0) throw Fault{"internal", "llama.cpp could not compute the next token; its log says why"};
    }
    const std::string rest = stream.end();
    if (!rest.empty()) say(rest);
    done.total_ms = ms_since(job.arrived_us);
    events::done(ask.request, done);
}

} // namespace runner
