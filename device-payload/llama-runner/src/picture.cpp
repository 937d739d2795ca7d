#include "picture.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <sys/stat.h>

#include "mtmd-helper.h"

namespace runner {

/** The page scales pictures down; a larger file is a mistake. */
static const off_t MAX_PICTURE_BYTES = 256 << 20;

mtmd::bitmap load_picture(const Model & model, const std::string & path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) throw std::runtime_error("cannot read " + path + ": " + strerror(errno));
    if (!S_ISREG(info.st_mode)) throw std::runtime_error(path + " is not a file");
    if (info.st_size > MAX_PICTURE_BYTES) throw std::runtime_error(path + " is larger than a picture can be");
    mtmd::bitmap picture(
        mtmd_helper_bitmap_init_from_file(model.vision(), path.c_str(), false, mtmd_helper_init_opt_default()).bitmap);
    if (!picture.ptr || mtmd_bitmap_is_audio(picture.ptr.get()))
        throw std::runtime_error(path + " is no picture that can be read (JPEG, PNG, BMP, GIF)");
    return picture;
}

float * Encodings::of(const Model & model, const std::string & picture, const mtmd_input_chunk * chunk, size_t index) {
    if (!holds(picture)) {
        forget();
        picture_ = picture;
    }
    if (index < chunks_.size()) return chunks_[index].data();
    if (mtmd_encode_chunk(model.vision(), chunk) != 0) return nullptr;
    const float * output = mtmd_get_output_embd(model.vision());
    chunks_.emplace_back(output, output + mtmd_input_chunk_get_n_tokens(chunk) * model.width());
    return chunks_.back().data();
}

void Encodings::forget() {
    picture_.clear();
    chunks_.clear();
}

void Encodings::dump(const std::string & path) const {
    FILE * file = fopen(path.c_str(), "wb");
    if (!file) throw std::runtime_error("cannot write " + path + ": " + strerror(errno));
    bool whole = true;
    for (const auto & chunk : chunks_)
        whole = fwrite(chunk.data(), sizeof(float), chunk.size(), file) == chunk.size() && whole;
    if (fclose(file) != 0 || !whole) throw std::runtime_error("cannot write " + path + ": " + strerror(errno));
}

} // namespace runner
