#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "request.hpp"

namespace runner {

/** A question, and when it arrived (ggml_time_us). */
struct Job {
    Generate ask;
    int64_t arrived_us;
};

/**
 * What stdin asked for and nobody has answered yet. One thread reads, one answers, and a signal may close it at any time.
 * Faulty lines are answered here, and so are cancelled questions that were still waiting.
 */
class Inbox {
public:
    /** Reads requests from `fd` until its end; to be run in a thread of its own. */
    void read(int fd);

    /** The next question; nothing after `quit`, a signal, or the end of stdin with every question answered. */
    std::optional<Job> take();

    /** True once the question taken last must end. Cheap: asked thousands of times per answer. */
    bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

    /** Cancels everything; `take` gives nothing more. */
    void close();

private:
    void handle(const std::string & line);
    void add(Generate ask);
    void cancel(RequestId request);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> waiting_;
    std::optional<RequestId> current_;
    std::atomic<bool> cancelled_{false};
    bool ended_ = false;
};

} // namespace runner
