#pragma once

#include <string>
#include <vector>

#include "model.hpp"
#include "mtmd.h"

namespace runner {

/** Reads and decodes a picture file. Throws std::runtime_error with a sentence. */
mtmd::bitmap load_picture(const Model & model, const std::string & path);

/** The vision encoder's output for the latest picture: one question after another about it costs one encoding. */
class Encodings {
public:
    /** True when `picture` (its sha256) is the one whose encodings are held. */
    bool holds(const std::string & picture) const { return !picture.empty() && picture == picture_; }

    /**
     * Embeddings, [tokens][width], of a media chunk of `picture`; `index` counts its media chunks from 0.
     * Null when the encoder failed or was stopped.
     */
    float * of(const Model & model, const std::string & picture, const mtmd_input_chunk * chunk, size_t index);

    void forget();

    /** Writes all chunks to a file, raw f32 [tokens][width]. Throws std::runtime_error. */
    void dump(const std::string & path) const;

private:
    std::string picture_;
    std::vector<std::vector<float>> chunks_;
};

} // namespace runner
