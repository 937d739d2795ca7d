#include "inbox.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include "events.hpp"
#include "ggml.h"

namespace runner {

/** More questions than this at once are a mistake of the sender. */
static const size_t MAX_WAITING = 256;

static void never_started(const Job & job) {
    events::Done done;
    done.finish = "cancelled";
    done.total_ms = static_cast<double>(ggml_time_us() - job.arrived_us) / 1000;
    events::done(job.ask.request, done);
}

void Inbox::read(int fd) {
    std::string line;
    bool too_long = false; // the rest of such a line is skipped
    char bytes[1 << 16];
    for (;;) {
        const ssize_t count = ::read(fd, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        for (const char * at = bytes; at < bytes + count;) {
            const char * end = std::find(at, static_cast<const char *>(bytes + count), '\n');
            if (!too_long) line.append(at, end);
            too_long = too_long || line.size() > MAX_LINE_BYTES;
            if (end == bytes + count) break;
            if (too_long) events::error(std::nullopt, "request", "the line is longer than 1 MiB");
            else handle(line);
            line.clear();
            too_long = false;
            at = end + 1;
        }
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

void Inbox::handle(const std::string & line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return;
    try {
        Request request = parse_request(line);
        if (auto * generate = std::get_if<Generate>(&request)) add(std::move(*generate));
        else if (const auto * one = std::get_if<Cancel>(&request)) cancel(one->request);
        else close();
    } catch (const BadRequest & fault) {
        events::error(fault.request, "request", fault.what());
    }
}

void Inbox::add(Generate ask) {
    const std::lock_guard lock(mutex_);
    if (ended_) return; // after quit
    if (waiting_.size() >= MAX_WAITING)
        return events::error(ask.request, "request", "too many questions are waiting");
    waiting_.push_back({std::move(ask), ggml_time_us()});
    changed_.notify_all();
}

void Inbox::cancel(RequestId request) {
    const std::lock_guard lock(mutex_);
    if (current_ == request) {
        cancelled_ = true;
        return;
    }
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Job & job) { return job.ask.request == request; });
    if (found == waiting_.end()) return; // unknown or finished
    never_started(*found);
    waiting_.erase(found);
}

void Inbox::close() {
    const std::lock_guard lock(mutex_);
    for (const auto & job : waiting_) never_started(job);
    waiting_.clear();
    cancelled_ = true;
    ended_ = true;
    changed_.notify_all();
}

std::optional<Job> Inbox::take() {
    std::unique_lock lock(mutex_);
    current_.reset();
    changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    current_ = job.ask.request;
    cancelled_ = false;
    return job;
}

} // namespace runner
