#include "model.hpp"

#include <stdexcept>
#include <unistd.h>

#include "cpu.hpp"
#include "mtmd-helper.h"

namespace runner {

/** Tokens computed at once; memory of the compute buffers grows with it. */
static const uint32_t BATCH = 512;
/** For encoders whose picture must be decoded in one piece (non-causal attention); the largest pictures fit. */
static const uint32_t WHOLE_PICTURE_BATCH = 2048;
/** The vision encoder asks after so many nodes of its graph whether to go on: seldom enough to cost nothing. */
static const int NODES_PER_QUESTION = 32;

/** llama.cpp's latest complaint, for the error event. */
static std::string last_error;

static void on_log(ggml_log_level level, const char * text, void *) {
    if (level < GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_CONT) return;
    fputs(text, stderr);
    if (level >= GGML_LOG_LEVEL_ERROR) last_error = text;
}

static std::runtime_error cannot_load(const std::string & path) {
    while (!last_error.empty() && last_error.back() == '\n') last_error.pop_back();
    return std::runtime_error("cannot load " + path + (last_error.empty() ? "" : ": " + last_error));
}

static double ms_since(int64_t start_us) { return static_cast<double>(ggml_time_us() - start_us) / 1000; }

Model::Model(const Args & args, const Stop & stop) : stop_(stop) {
    llama_log_set(on_log, nullptr);
    mtmd_helper_log_set(on_log, nullptr);
    const int64_t start = ggml_time_us();
    load_language(args);
    const int64_t vision = ggml_time_us();
    load_vision(args);
    load_vision_ms_ = ms_since(vision);
    make_context(args);
    load_ms_ = ms_since(start) - load_vision_ms_;
}

void Model::load_language(const Args & args) {
    model_.reset(llama_model_load_from_file(args.model.c_str(), llama_model_default_params()));
    if (!model_) throw cannot_load(args.model);
    chat_ = std::make_unique<Chat>(model_.get());
}

void Model::load_vision(const Args & args) {
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = false;
    params.n_threads = args.threads;
    params.print_timings = false;
    params.warmup = false;
    // The encoder has no abort callback; this one stops it between nodes. Its result is then thrown away.
    params.cb_eval = [](ggml_tensor *, bool asks, void * self) {
        auto & model = *static_cast<Model *>(self);
        return asks ? ++model.nodes_ % NODES_PER_QUESTION == 0 : !model.stop_();
    };
    params.cb_eval_user_data = this;
    vision_.reset(mtmd_init_from_file(args.mmproj.c_str(), model_.get(), params));
    if (!vision_) throw cannot_load(args.mmproj);
    if (!mtmd_support_vision(vision_.get())) throw std::runtime_error(args.mmproj + " has no vision encoder");
}

void Model::make_context(const Args & args) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(args.context);
    params.n_threads = params.n_threads_batch = args.threads;
    params.n_batch = params.n_ubatch = mtmd_decode_use_non_causal(vision_.get(), nullptr) ? WHOLE_PICTURE_BATCH : BATCH;
    params.abort_callback = [](void * self) { return static_cast<Model *>(self)->stop_(); };
    params.abort_callback_data = this;
    context_.reset(llama_init_from_model(model_.get(), params));
    if (!context_) throw cannot_load(args.model);
}

/** "Name of the file's maker (architecture, size, quantisation)", as far as the file tells. */
static std::string name_of(const llama_model * model) {
    char name[256] = "";
    char kind[256] = "";
    llama_model_meta_val_str(model, "general.name", name, sizeof name);
    llama_model_desc(model, kind, sizeof kind);
    return *name ? std::string(name) + " (" + kind + ")" : kind;
}

events::Ready Model::facts() const {
    return {RUNNER_ENGINE,
            name_of(model_.get()),
            llama_model_n_params(model_.get()),
            llama_model_size(model_.get()),
            llama_n_ctx(context_.get()),
            llama_n_threads(context_.get()),
            sysconf(_SC_NPROCESSORS_ONLN),
            load_ms_,
            load_vision_ms_,
            std::string("built for ") + cpu_level() + " | " + llama_print_system_info()};
}

} // namespace runner
