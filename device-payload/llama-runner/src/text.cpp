#include "text.hpp"

#include <algorithm>
#include <utility>

namespace runner {

static bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/** Bytes of the character that starts with `lead`; 0: no character does. */
static size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0; // inside a character, or an overlong form
    if (lead < 0xE0) return 2;
    if (lead < 0xF0) return 3;
    return lead < 0xF5 ? 4 : 0;
}

/** The second byte rules out overlong forms, surrogates and what lies above U+10FFFF. Source: RFC 3629, section 4. */
static bool second_fits(unsigned char lead, unsigned char second) {
    if (!continues(second)) return false;
    if (lead == 0xE0) return second >= 0xA0;
    if (lead == 0xED) return second < 0xA0;
    if (lead == 0xF0) return second >= 0x90;
    return lead != 0xF4 || second < 0x90;
}

/** Good bytes at `at`: at most a whole character, fewer when the text ends or goes wrong inside one. */
static size_t good_bytes(const std::string & text, size_t at) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const size_t length = length_of(byte(at));
    if (length == 0) return 0;
    size_t good = 1;
    while (good < length && at + good < text.size() &&
           (good == 1 ? second_fits(byte(at), byte(at + 1)) : continues(byte(at + good))))
        good++;
    return good;
}

std::string valid_utf8(const std::string & bytes) {
    std::string text;
    for (size_t at = 0; at < bytes.size();) {
        const size_t good = good_bytes(bytes, at);
        if (good > 0 && good == length_of(static_cast<unsigned char>(bytes[at]))) text.append(bytes, at, good);
        else text += "\xEF\xBF\xBD";
        at += std::max<size_t>(good, 1);
    }
    return text;
}

/** Bytes at the end of `text` that are the good beginning of a character. */
static size_t broken_tail(const std::string & text) {
    for (size_t back = std::min<size_t>(3, text.size()); back > 0; back--) {
        const size_t at = text.size() - back;
        if (good_bytes(text, at) == back && length_of(static_cast<unsigned char>(text[at])) > back) return back;
    }
    return 0;
}

TextStream::TextStream(std::vector<std::string> stops) : stops_(std::move(stops)) {}

std::string TextStream::push(const std::string & bytes) {
    held_ += bytes;
    size_t first = std::string::npos;
    for (const auto & stop : stops_) first = std::min(first, held_.find(stop));
    if (first != std::string::npos) {
        stopped_ = true;
        held_.resize(first);
        return end();
    }
    const size_t certain = held_.size() - held_back();
    const std::string text = valid_utf8(held_.substr(0, certain));
    held_.erase(0, certain);
    return text;
}

/** How much of the end may still become a stop string or a character. */
size_t TextStream::held_back() const {
    size_t most = broken_tail(held_);
    for (const auto & stop : stops_)
        for (size_t length = std::min(stop.size() - 1, held_.size()); length > most; length--)
            if (held_.compare(held_.size() - length, length, stop, 0, length) == 0) most = length;
    return most;
}

std::string TextStream::end() { return valid_utf8(std::exchange(held_, {})); }

} // namespace runner
