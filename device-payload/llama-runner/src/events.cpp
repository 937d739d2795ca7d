#include "events.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace runner::events {

using json = nlohmann::ordered_json;

/** Version of docs/runner-protocol.md. */
static const int PROTOCOL = 1;

static void write_line(const json & event) {
    static std::mutex one_at_a_time;
    const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    const std::lock_guard lock(one_at_a_time);
    fwrite(line.data(), 1, line.size(), stdout);
    fflush(stdout);
}

/** Three decimals: finer than the clock of any phone is steady. */
static json ms(Ms value) { return value ? json(std::round(*value * 1000) / 1000) : json(nullptr); }

/** Highest memory of this program so far. */
static json peak_rss_kb() {
    // Not getrusage: that is never less than what the program which started this one used before exec.
    if (FILE * status = fopen("/proc/self/status", "r")) {
        char line[256];
        long kb = 0;
        while (kb == 0 && fgets(line, sizeof line, status)) {
            if (strncmp(line, "VmHWM:", 6) == 0) kb = atol(line + 6);
        }
        fclose(status);
        if (kb > 0) return kb;
    }
    rusage usage{};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? json(usage.ru_maxrss) : json(nullptr);
}

void ready(const Ready & r) {
    write_line({{"event", "ready"},
                {"protocol", PROTOCOL},
                {"engine", r.engine},
                {"model", r.model},
                {"parameters", r.parameters},
                {"bytes", r.bytes},
                {"context", r.context},
                {"threads", r.threads},
                {"cores", r.cores > 0 ? json(r.cores) : json(nullptr)},
                {"load_ms", ms(r.load_ms)},
                {"load_vision_ms", ms(r.load_vision_ms)},
                {"system", r.system}});
}

void prompt(RequestId request, const Prompt & p) {
    write_line({{"event", "prompt"},
                {"request", request},
                {"width", p.width},
                {"height", p.height},
                {"image_tokens", p.image_tokens},
                {"text_tokens", p.text_tokens},
                {"prompt_tokens", p.image_tokens + p.text_tokens},
                {"load_image_ms", ms(p.load_image_ms)},
                {"vision_ms", ms(p.vision_ms)},
                {"prefill_ms", ms(p.prefill_ms)},
                {"image_cached", p.image_cached}});
}

void token(RequestId request, int32_t id, const std::string & text, double t_ms) {
    write_line({{"event", "token"}, {"request", request}, {"id", id}, {"text", text}, {"t_ms", ms(t_ms)}});
}

void done(RequestId request, const Done & d) {
    const bool has_rate = d.tokens > 1 && d.decode_ms && *d.decode_ms > 0;
    write_line({{"event", "done"},
                {"request", request},
                {"finish", d.finish},
                {"text", d.text},
                {"tokens", d.tokens},
                {"first_token_ms", ms(d.first_token_ms)},
                {"decode_ms", ms(d.decode_ms)},
                {"tokens_per_s", has_rate ? ms((d.tokens - 1) / *d.decode_ms * 1000) : json(nullptr)},
                {"total_ms", ms(d.total_ms)},
                {"peak_rss_kb", peak_rss_kb()}});
}

void error(std::optional<RequestId> request, const char * code, const std::string & message) {
    write_line({{"event", "error"},
                {"request", request ? json(*request) : json(nullptr)},
                {"code", code},
                {"message", message}});
}

} // namespace runner::events
