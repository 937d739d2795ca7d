import { on, type Example } from './example';

const llama = on('llama-mtmd');

/** What upstream’s llama-mtmd-cli says. */
export const LLAMA: readonly Example[] = [
  llama('denied', 'program-not-executable', 126, 'recall', [
    "/system/bin/sh: ./llama-mtmd-cli: can't execute: Permission denied",
  ]),
  llama('abi', 'program-abi', 126, 'recall', [
    '/system/bin/sh: ./llama-mtmd-cli: not executable: 64-bit ELF file',
  ]),
  llama('flag-llama', 'runner-flag', 1, 'real-run', ['error: invalid argument: --frobnicate']),
  llama('mmproj', 'mmproj-not-given', 1, 'real-run', [
    '0.00.008.911 E ERR: Missing --mmproj argument',
  ]),
  llama('pair', 'model-mismatch', 1, 'real-run', [
    '0.00.847.345 E mtmd_init_from_file: error: mismatch between text model (n_embd = 64) and mmproj (n_embd = 128)',
    'hint: you may be using wrong mmproj',
    '',
    '0.00.847.380 E Failed to load vision model from mmproj_bad.gguf',
  ]),
  llama('gguf-missing', 'model-file-missing', 1, 'real-run', [
    "0.00.021.620 E gguf_init_from_file: failed to open GGUF file 'nope.gguf' (No such file or directory)",
    "0.00.089.152 E cmn  common_init_: failed to load model 'nope.gguf'",
  ]),
  llama('gguf-broken', 'language-model-load', 1, 'reconstructed', [
    '0.00.088.988 E llama_model_load: error loading model: llama_model_loader: failed to load model from broken.gguf',
    "0.00.089.152 E cmn  common_init_: failed to load model 'broken.gguf'",
  ]),
  llama('mmproj-broken', 'vision-model-load', 1, 'real-run', [
    "0.01.534.174 E clip_init: failed to load model 'bad.gguf': clip_model_loader: failed to load CLIP model from bad.gguf. Does this file exist?",
    '',
    '0.01.534.220 E mtmd_init_from_file: error: Failed to load CLIP model from bad.gguf',
    '',
    '0.01.534.222 E Failed to load vision model from bad.gguf',
  ]),
  llama('image-missing', 'image-file-missing', 1, 'real-run', [
    '0.14.070.713 E Unable to open file nope.jpg: No such file or directory',
  ]),
  llama('image-undecodable', 'image-undecodable', 1, 'real-run', [
    '0.13.499.561 E mtmd_helper_bitmap_init_from_buf: failed to decode buffer as either image/audio/video',
  ]),
  llama('markers', 'prompt-marker', 1, 'real-run', [
    '0.12.091.665 E Number of media markers (2) does not match number of loaded media (1)',
  ]),
  llama('template', 'chat-template-missing', 1, 'reconstructed', [
    '0.12.091.665 E Model does not have chat template.',
  ]),
  llama('context', 'context-full', 1, 'real-run', [
    '1.24.332.590 W decode: failed to find a memory slot for batch of size 1',
    '1.24.332.623 E failed to decode token',
  ]),
  llama('decode', 'generation-failed', 1, 'reconstructed', [
    '1.24.332.623 E failed to decode token',
  ]),
  llama('hexagon-session', 'npu-session', 134, 'reconstructed', [
    '0.00.022.101 E ggml-hex: HTP0 failed to open session : uri file:///libggml-htp-v79.so?htp_iface_skel_handle_invoke&_modver=1.0&_dom=cdsp&_session=0 error 0x80000406',
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: ggml-hex: failed to open session (see log for details)',
  ]),
  llama('sigill', 'runner-illegal-instruction', 132, 'recall', ['Illegal instruction']),
  llama('abort-ggml', 'runner-aborted', 134, 'reconstructed', [
    '/build/ggml/src/ggml.c:1700: GGML_ASSERT(view_src == NULL) failed',
  ]),
  llama('bus', 'runner-bad-access', 135, 'recall', ['Bus error']),
  llama('terminated', 'runner-stopped', 143, 'recall', []),
  llama('silent', 'runner-silent', 1, 'real-run', [
    "0.12.877.111 W load: control-looking token: 128247 '</s>' was not control-type; this is probably a bug in the model. its type will be overridden",
  ]),
  llama('silent-empty', 'runner-silent', 1, 'real-run', []),
  llama('unknown-complaint', 'runner-crashed', 1, 'invented', [
    '0.00.010.000 E something else failed here',
  ]),
];
