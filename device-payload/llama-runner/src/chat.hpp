#pragma once

#include <memory>
#include <string>

#include "llama.h"

namespace runner {

/** A model's own chat template, in Jinja. */
class Chat {
public:
    /** Throws std::runtime_error when the template cannot be used. */
    explicit Chat(const llama_model * model);
    ~Chat();

    /** The text that the model continues with its answer to `user`. Throws std::runtime_error. */
    std::string render(const std::string & user) const;

private:
    struct Template;

    std::unique_ptr<Template> template_;
    std::string bos_;
    std::string eos_;
    bool adds_bos_; // the tokenizer puts it in front by itself
};

} // namespace runner
