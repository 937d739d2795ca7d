#include "chat.hpp"

#include <stdexcept>

#include "jinja/caps.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "json.h"

namespace runner {

/** For a model that brings none. */
static const char CHATML[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n";

struct Chat::Template {
    std::string source;
    jinja::program program;
    jinja::caps caps;
};

static std::string piece(const llama_vocab * vocab, llama_token token) {
    char text[256];
    const int length = token == LLAMA_TOKEN_NULL ? 0 : llama_token_to_piece(vocab, token, text, sizeof text, 0, true);
    return std::string(text, length > 0 ? static_cast<size_t>(length) : 0);
}

Chat::Chat(const llama_model * model) : template_(std::make_unique<Template>()) {
    const char * own = llama_model_chat_template(model, nullptr);
    const llama_vocab * vocab = llama_model_get_vocab(model);
    bos_ = piece(vocab, llama_vocab_bos(vocab));
    eos_ = piece(vocab, llama_vocab_eos(vocab));
    adds_bos_ = llama_vocab_get_add_bos(vocab);
    try {
        const auto tokens = jinja::lexer().tokenize(own ? own : CHATML);
        template_->source = tokens.source;
        template_->program = jinja::parse_from_tokens(tokens);
        template_->caps = jinja::caps_get(template_->program);
        render("?");
    } catch (const std::exception & fault) {
        throw std::runtime_error(std::string("the model's chat template cannot be used: ") + fault.what());
    }
}

Chat::~Chat() = default;

std::string Chat::render(const std::string & user) const {
    // Templates differ in whether they take a text or a list of parts; upstream's server decides in the same way.
    common_json content = user;
    if (template_->caps.supports_typed_content && !template_->caps.supports_string_content) {
        common_json part;
        part["type"] = "text";
        part["text"] = user;
        content = common_json::array();
        content.push_back(std::move(part));
    }
    common_json message;
    message["role"] = "user";
    message["content"] = std::move(content);
    common_json messages = common_json::array();
    messages.push_back(std::move(message));
    common_json input;
    input["messages"] = std::move(messages);
    input["bos_token"] = bos_;
    input["eos_token"] = eos_;
    input["add_generation_prompt"] = true;
    input["enable_thinking"] = false; // a picture's answer in seconds, on a phone

    jinja::context context(template_->source);
    jinja::global_from_json(context, input, false);
    jinja::runtime runtime(context);
    const jinja::value result = runtime.execute(template_->program);
    std::string text = jinja::runtime::gather_string_parts(result)->as_string().str();
    if (adds_bos_ && !bos_.empty() && text.compare(0, bos_.size(), bos_) == 0) text.erase(0, bos_.size());
    return text;
}

} // namespace runner
