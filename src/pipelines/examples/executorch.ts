import { on, type Example } from './example';

const llava = on('llava');
const multimodal = on('qnn-multimodal');
const text = on('etqnn');

/** What ExecuTorch’s own runners say. */
export const EXECUTORCH: readonly Example[] = [
  llava('not-found', 'program-missing', 127, 'recall', [
    '/system/bin/sh: ./llava_main: inaccessible or not found',
  ]),
  multimodal('abi-qnn-library', 'program-abi', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Cannot Open QNN library libQnnSystem.so, with error: dlopen failed: "/data/local/tmp/x/libQnnSystem.so" is 32-bit instead of 64-bit',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'Aborted',
  ]),
  multimodal('flag', 'runner-flag', 1, 'reconstructed', [
    "ERROR: unknown command line flag 'embedding_path'",
  ]),
  llava('flag-value', 'runner-flag', 1, 'reconstructed', [
    "ERROR: illegal value 'x' specified for int32 flag 'seq_len'",
  ]),
  multimodal('no-image', 'image-not-given', 134, 'reconstructed', [
    'F 00:00:00.372200 executorch:qnn_multimodal_runner.cpp:196] In function start_multimodal_runner(), assert failed (!FLAGS_image_path.empty()): For VLM, please specify image path.',
    'Aborted',
  ]),
  llava('pte-llava-missing', 'model-file-missing', 1, 'reconstructed', [
    'E 00:00:00.001120 executorch:mmap_data_loader.cpp:79] Failed to open llava.pte: No such file or directory (2)',
    'E 00:00:00.060000 executorch:main.cpp:152] Failed to load multimodal runner',
  ]),
  llava('pte-identifier', 'pte-invalid', 1, 'reconstructed', [
    "E 00:00:00.002000 executorch:program.cpp:110] Program identifier 'GGUF' != expected 'ET12'",
    'E 00:00:00.060000 executorch:main.cpp:152] Failed to load multimodal runner',
  ]),
  llava('tokenizer', 'runner-tokenizer', 1, 'reconstructed', [
    'E 00:00:00.010000 executorch:main.cpp:136] Failed to load tokenizer from: tokenizer.bin',
  ]),
  multimodal('tokenizer-qnn', 'runner-tokenizer', 134, 'reconstructed', [
    'F 00:00:00.196900 executorch:runner.cpp:350] In function load(), assert failed (tokenizer_ != nullptr): Failed to load tokenizer with tokenizer.json',
    'Aborted',
  ]),
  multimodal('qnn-backend', 'qnn-backend-missing', 134, 'reconstructed', [
    'E 00:00:00.001120 executorch:method.cpp:90] Backend QnnBackend is not registered.',
    'F 00:00:00.001190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  multimodal('qnn-library', 'qnn-library-missing', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Cannot Open QNN library libQnnHtp.so, with error: dlopen failed: library "libQnnHtp.so" not found',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'E 00:00:00.101120 executorch:method.cpp:115] Init failed for backend QnnBackend: 0x1',
    'F 00:00:00.101190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  multimodal('qnn-manager', 'qnn-manager', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'E 00:00:00.101120 executorch:method.cpp:115] Init failed for backend QnnBackend: 0x1',
    'Aborted',
  ]),
  multimodal('qnn-context', 'qnn-context', 134, 'reconstructed', [
    "[ERROR] [Qnn ExecuTorch]: Can't create context from binary. Error 5000.",
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'E 00:00:00.301120 executorch:method.cpp:115] Init failed for backend QnnBackend: 0x1',
    'Aborted',
  ]),
  multimodal('qnn-version', 'qnn-version', 134, 'reconstructed, start of the first line invented', [
    '[ERROR] [Qnn ExecuTorch]: Qnn API version 2.20.0 is mismatched. The minimum supported version is 2.25.0',
    "[ERROR] [Qnn ExecuTorch]: Can't create context from binary. Error 5000.",
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'Aborted',
  ]),
  multimodal('qnn-cache', 'qnn-cache-invalid', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: QNN context cache is invalid.',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
  ]),
  multimodal('rpc-memory', 'rpc-memory', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Failed to allocate the tensor by RPC memory.',
    'Aborted',
  ]),
  multimodal('qnn-execute', 'qnn-execute', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: qnn_graph_execute failed. Error 6031',
    'F 00:00:03.101190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  llava('backend-init', 'backend-init', 1, 'reconstructed', [
    'E 00:00:00.101120 executorch:method.cpp:115] Init failed for backend XnnpackBackend: 0x1',
  ]),
  multimodal('seq-len', 'prompt-over-seq-len', 134, 'reconstructed', [
    'F 00:00:00.431200 executorch:multimodal_runner.cpp:504] In function generate(), assert failed (cur_pos_ + num_prompt_tokens < seq_len): sequence length exceeded - please increase the seq_len value',
    'Aborted',
  ]),
  multimodal('prompt-empty', 'prompt-no-tokens', 134, 'reconstructed', [
    'F 00:00:00.431200 executorch:multimodal_runner.cpp:490] In function generate(), assert failed (num_prompt_tokens >= 1): Expected at least 1 prompt token',
    'Aborted',
  ]),
  multimodal('image-size-b2', 'image-tensor-size', 134, 'reconstructed', [
    'F 00:00:00.373100 executorch:utils.h:138] In function load_image(), assert failed (file_size == expected_length): Input image size mismatch. file bytes: 2408448, expected bytes: 3145728 (file: vision_encoder_input_0_0.raw)',
    'Aborted',
  ]),
  multimodal('image-size-b1', 'image-tensor-size', 134, 'reconstructed', [
    'F 00:00:00.141200 executorch:encoder.cpp:110] In function encode_from_file(), assert failed (file_size == expected_size): Image file size mismatch: expected 3145728 bytes but got 2408448 bytes (file: vision_encoder_input.raw)',
    'Aborted',
  ]),
  multimodal('image-list', 'image-list', 134, 'reconstructed', [
    'F 00:00:00.373000 executorch:utils.h:40] In function load_list(), assert failed (file.is_open()): Failed to open input list file: list.txt',
    'Aborted',
  ]),
  multimodal('image-list-blank', 'image-list', 134, 'reconstructed', [
    'F 00:00:00.373100 executorch:utils.h:135] In function load_image(), assert failed (file.is_open()): Failed to open input file: ',
    'Aborted',
  ]),
  multimodal('image-count', 'image-count', 134, 'reconstructed', [
    'F 00:00:00.372400 executorch:chat_template.h:72] In function prepare_messages(), assert failed (total_image_tokens == num_images): Number of <image> tokens (2) does not match number of images (1). Please check your prompts and image paths.',
    'Aborted',
  ]),
  multimodal('image-encode', 'image-encode-failed', 0, 'reconstructed', [
    'E 00:00:00.373000 executorch:qnn_multimodal_runner.cpp:210] Failed to encode image',
  ]),
  multimodal('answer-cut', undefined, 0, 'reconstructed', [
    'I 00:00:09.000000 executorch:token_generator.cpp:350] Warning: Generation stopped at seq_len limit (1024) without reaching EOS token. Response may be incomplete.',
  ]),
  llava('llava-image', 'image-undecodable', 1, 'reconstructed', [
    'F 00:00:00.060000 executorch:main.cpp:60] Failed to load image: in.jpg',
  ]),
  llava('llava-budget', 'context-too-small', 1, 'reconstructed', [
    'E 00:00:20.100000 executorch:multimodal_runner.cpp:319] Max new tokens 0 is less than or equal to 0',
    'E 00:00:20.100100 executorch:main.cpp:176] Failed to generate with multimodal runner',
  ]),
  llava('llava-create', 'runner-load', 1, 'reconstructed', [
    'E 00:00:00.060000 executorch:main.cpp:145] Failed to create multimodal runner',
  ]),
  llava('llava-generate', 'generation-failed', 1, 'reconstructed', [
    'E 00:00:20.100100 executorch:main.cpp:176] Failed to generate with multimodal runner',
  ]),
  multimodal('abort', 'runner-aborted', 134, 'reconstructed', [
    'F 00:00:00.101190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  llava('killed', 'runner-killed', 137, 'recall', ['Killed']),
  multimodal('good-search-path', undefined, 0, 'recall', [
    'WARNING: search path "/vendor/dsp/cdsp": Permission denied',
  ]),
  text(
    'text-device',
    'qnn-device',
    1,
    'reconstructed',
    [
      '[ERROR] [Qnn ExecuTorch]: Failed to create device_handle for Backend ID 6, error=14001',
      '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    ],
    ['{"type":"error","message":"failed to load hybrid_llama_qnn.pte"}'],
  ),
  text(
    'text-load',
    'runner-load',
    1,
    'reconstructed',
    [],
    ['{"type":"error","message":"failed to load tokenizer.json"}'],
  ),
];
