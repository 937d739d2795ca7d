// llama-runner: answers questions about pictures with a GGUF model, driven over stdin and stdout (docs/runner-protocol.md).
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "answer.hpp"
#include "args.hpp"
#include "events.hpp"
#include "inbox.hpp"
#include "model.hpp"

using namespace runner;

/** Signals that ask the program to end. They cancel the answer in progress, so its `done` still comes. */
static sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    return set;
}

static int serve(const Args & args) {
    // Blocked here and so in every thread; one of its own waits for them.
    static const sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    static Inbox inbox;
    static std::atomic<int> caught{0};
    static std::atomic<bool> loading{true};
    std::thread([] {
        int signal = 0;
        sigwait(&signals, &signal);
        if (loading) _exit(128 + signal); // nothing to tell yet, and a large model takes a while
        caught = signal;
        inbox.close();
    }).detach();

    static const Model::Stop stop = [] { return inbox.cancelled(); };
    Model model(args, stop);
    loading = false;
    events::ready(model.facts());
    std::thread([] { inbox.read(STDIN_FILENO); }).detach();

    Answerer answerer(model, inbox, args.dump);
    while (const auto job = inbox.take()) answerer.answer(*job);
    return caught ? 128 + caught : 0;
}

int main(int argc, char ** argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stderr);
        return 0;
    }
    ggml_time_init();
    int code = 1;
    try {
        code = serve(parse_args(argc, argv));
    } catch (const std::invalid_argument & fault) {
        events::error(std::nullopt, "args", fault.what());
    } catch (const std::exception & fault) {
        events::error(std::nullopt, "model", fault.what());
    }
    // The threads that wait for stdin and signals hold nothing; destructors would pull the inbox from under them.
    fflush(nullptr);
    _exit(code);
}
