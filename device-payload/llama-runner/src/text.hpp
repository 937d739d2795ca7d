#pragma once

#include <string>
#include <vector>

namespace runner {

/** `bytes` with everything that is not UTF-8 replaced by U+FFFD. */
std::string valid_utf8(const std::string & bytes);

/**
 * Turns the bytes of tokens into text that may be shown: whole characters only, ends before the first stop string, and
 * holds back what may become one. What it returns, joined, is the answer.
 */
class TextStream {
public:
    explicit TextStream(std::vector<std::string> stops);

    /** Takes a token's bytes; returns the text that is certain now. */
    std::string push(const std::string & bytes);

    /** No more will come: returns the rest. */
    std::string end();

    /** True once a stop string was seen. */
    bool stopped() const { return stopped_; }

    /** True while nothing is held back. */
    bool settled() const { return held_.empty(); }

private:
    size_t held_back() const;

    std::vector<std::string> stops_;
    std::string held_;
    bool stopped_ = false;
};

} // namespace runner
