#include "request.hpp"

#include <nlohmann/json.hpp>

namespace runner {

using nlohmann::json;

constexpr double MAX_WHOLE = 9007199254740991; // 2^53 - 1

/** Reads fields of one object; every fault names the field and the request. */
class Fields {
public:
    explicit Fields(const json & object) : object_(object) {}

    [[noreturn]] void refuse(const std::string & what) const { throw BadRequest(what, id_); }

    RequestId id() {
        const double value = number("request", -1, 0, MAX_WHOLE, true);
        id_ = static_cast<RequestId>(value);
        return *id_;
    }

    /** A missing field gives `missing`; -1 there means that it must not be missing. */
    double number(const char * name, double missing, double min, double max, bool whole) const {
        const auto found = object_.find(name);
        if (found == object_.end()) {
            if (missing < 0) refuse(std::string(name) + " is missing");
            return missing;
        }
        const double value = found->is_number() ? found->get<double>() : -1;
        if (!found->is_number() || !(value >= min && value <= max) || (whole && value != static_cast<double>(static_cast<int64_t>(value))))
            refuse(std::string(name) + " must be a " + (whole ? "whole " : "") + "number from " + shown(min) + " to " + shown(max));
        return value;
    }

    std::string text(const char * name, size_t max) const {
        const auto found = object_.find(name);
        if (found == object_.end() || !found->is_string()) refuse(std::string(name) + " must be a text");
        return checked(*found, name, max);
    }

    std::vector<std::string> texts(const char * name, size_t max_count, size_t max) const {
        std::vector<std::string> all;
        const auto found = object_.find(name);
        if (found == object_.end()) return all;
        if (!found->is_array() || found->size() > max_count)
            refuse(std::string(name) + " must be a list of at most " + std::to_string(max_count) + " texts");
        for (const auto & one : *found) {
            if (!one.is_string()) refuse(std::string(name) + " must be a list of texts");
            all.push_back(checked(one, name, max));
        }
        return all;
    }

private:
    static std::string shown(double value) { return json(value).dump(); }

    std::string checked(const json & value, const char * name, size_t max) const {
        auto text = value.get<std::string>();
        if (text.empty() || text.size() > max)
            refuse(std::string(name) + " must have 1 to " + std::to_string(max) + " bytes");
        return text;
    }

    const json & object_;
    std::optional<RequestId> id_;
};

static Generate generate(Fields & fields) {
    Generate g;
    g.request = fields.id();
    g.image = fields.text("image", 4 * 4096);
    g.prompt = fields.text("prompt", MAX_LINE_BYTES);
    // More than any context holds is as good as any number.
    g.max_tokens = static_cast<int>(std::min(fields.number("max_tokens", g.max_tokens, 1, MAX_WHOLE, true), 1e9));
    g.temperature = static_cast<float>(fields.number("temperature", g.temperature, 0, 10, false));
    g.top_k = static_cast<int>(std::min(fields.number("top_k", g.top_k, 0, MAX_WHOLE, true), 1e9));
    g.top_p = static_cast<float>(fields.number("top_p", g.top_p, 0, 1, false));
    g.min_p = static_cast<float>(fields.number("min_p", g.min_p, 0, 1, false));
    g.repeat_penalty = static_cast<float>(fields.number("repeat_penalty", g.repeat_penalty, 0, 10, false));
    if (g.repeat_penalty <= 0) fields.refuse("repeat_penalty must be above 0; 1 is none");
    // llama.cpp takes 2^32 - 1 for "choose one yourself"; every seed of ours is a seed.
    g.seed = static_cast<uint32_t>(static_cast<uint64_t>(fields.number("seed", 0, 0, MAX_WHOLE, true)) % UINT32_MAX);
    g.stop = fields.texts("stop", 16, MAX_LINE_BYTES);
    return g;
}

Request parse_request(const std::string & line) {
    const json object = json::parse(line, nullptr, false);
    if (object.is_discarded() || !object.is_object()) throw BadRequest("the line is not a JSON object", std::nullopt);
    Fields fields(object);
    const auto cmd = object.value("cmd", json());
    if (cmd == "generate") return generate(fields);
    if (cmd == "cancel") return Cancel{fields.id()};
    if (cmd == "quit") return Quit{};
    throw BadRequest("cmd must be generate, cancel or quit", std::nullopt);
}

} // namespace runner
