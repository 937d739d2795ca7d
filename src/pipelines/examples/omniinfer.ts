import { on, type Example } from './example';

const decoder = on('omniinfer', 'qnn-llama-runner');
const vision = on('omniinfer', 'omni-llama-mtmd-cli');

/** What OmniInfer’s two programs say. */
export const OMNIINFER: readonly Example[] = [
  decoder('linker', 'library-missing', 1, 'recall', [
    'CANNOT LINK EXECUTABLE "./qnn_llama_runner": library "libqnn_executorch_backend.so" not found: needed by main executable',
  ]),
  decoder('decoder-version', 'decoder-version', 134, 'reconstructed', [
    'F 00:00:00.001200 executorch:runner.cpp:305] In function Runner(), assert failed (false): Unsupported Decoder Model',
    'Aborted',
  ]),
  decoder('kv-updater', 'kv-updater', 134, 'reconstructed', [
    'F 00:00:00.001200 executorch:runner.cpp:282] In function Runner(), assert failed (false): kv updater (Foo) not found',
    'Aborted',
  ]),
  decoder('pte-missing', 'model-file-missing', 134, 'reconstructed', [
    'E 00:00:00.001120 executorch:mmap_data_loader.cpp:79] Failed to open hybrid_llama_qnn.pte: No such file or directory (2)',
    'F 00:00:00.001190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  decoder('pte-upstream', 'pte-other-runner', 134, 'reconstructed', [
    'F 00:00:02.240000 executorch:runner.cpp:604] In function generate_from_prompt_or_file(), assert failed (false): get_ie_logits_scale method not found in the model',
    'Aborted',
  ]),
  decoder('mtmd-magic', 'mtmd-invalid', 134, 'reconstructed', [
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: Magic number错误',
    'Aborted',
  ]),
  decoder('mtmd-missing', 'mtmd-missing', 134, 'reconstructed', [
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: 无法打开文件',
    'Aborted',
  ]),
  decoder('mtmd-type', 'mtmd-type', 134, 'reconstructed', [
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: 不支持的类型',
    'Aborted',
  ]),
  decoder('qnn-device', 'qnn-device', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Failed to create device_handle for Backend ID 6, error=14001',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    'E 00:00:00.101120 executorch:method.cpp:115] Init failed for backend QnnBackend: 0x1',
    'F 00:00:00.101190 executorch:result.h:170] In function CheckOk(), assert failed: hasValue_',
    'Aborted',
  ]),
  decoder('qnn-device-reversed', 'qnn-device', 134, 'reconstructed, order turned round', [
    'E 00:00:00.101120 executorch:method.cpp:115] Init failed for backend QnnBackend: 0x1',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
    '[ERROR] [Qnn ExecuTorch]: Failed to create device_handle for Backend ID 6, error=14001',
  ]),
  decoder('rpc-library', 'rpc-library-missing', 134, 'reconstructed', [
    '[ERROR] [Qnn ExecuTorch]: Unable to load shared buffer. dlerror(): dlopen failed: library "libcdsprpc.so" not found',
    '[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager',
  ]),
  vision('rpc-library-vision', 'rpc-library-missing', 134, 'reconstructed', [
    'unable to load libcdsprpc.so',
    'Aborted',
  ]),
  decoder('prompt-limit', 'prompt-over-limit', 134, 'reconstructed', [
    'F 00:00:02.260000 executorch:prompt_processor.cpp:301] In function prefill(), assert failed (start_pos + num_prompt_tokens <= (metadata_.context_len - metadata_.ar_len)): The sequence length exceeds the maximum limit that the prompt processor can handle.',
    'Aborted',
  ]),
  vision('htp-ops', undefined, 0, 'reconstructed', [
    'Attempting to load HTP ops library...',
    'Trying path: libhtp_ops.so',
    'Trying path: ./libhtp_ops.so',
    '❌ Failed to load HTP ops library',
  ]),
  vision('htp-session', undefined, 0, 'reconstructed', [
    '✅ Successfully loaded HTP ops library',
    'Failed to open remote session on Hexagon NPU (0x80000406)',
  ]),
  vision('htp-session-and-image', 'image-file-missing', 1, 'reconstructed', [
    'Failed to open remote session on Hexagon NPU (0x80000406)',
    'Unable to open file nope.jpg: No such file or directory',
  ]),
  vision('fastrpc-mmap', 'npu-memory', 134, 'reconstructed', [
    'fastrpc_mmap failed with return code: 0x2',
    'Aborted',
  ]),
  vision('run-folder', 'run-folder-denied', 134, 'reconstructed', [
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: failed to open output file: mtmd_embeddings.txt',
  ]),
  vision('gguf-fork', 'language-model-load', 134, 'reconstructed', [
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: llama_model_loader: failed to load model from nope.gguf',
  ]),
  vision('image-undecodable-fork', 'image-undecodable', 1, 'real-run', [
    'mtmd_helper_bitmap_init_from_buf: failed to decode image bytes',
  ]),
  vision('bitmaps', 'image-count', 1, 'real-run', [
    'tokenize: error: number of bitmaps (2) does not match number of markers (2)',
    'Unable to tokenize prompt, res = 1',
  ]),
  vision('tokenize', 'generation-failed', 1, 'reconstructed', [
    'Unable to tokenize prompt, res = 2',
  ]),
  decoder('segv', 'runner-bad-access', 139, 'recall', ['Segmentation fault']),
  decoder('good-parse-notice', undefined, 0, 'recall', [
    'E tokenizers:hf_tokenizer.cpp:82] Error parsing json file: [json.exception.parse_error.101] parse error at line 1',
    'I 00:00:00.001101 executorch:runner.cpp:308] Loaded tiktoken tokenizer',
  ]),
  decoder('silent-despite-notices', 'runner-silent', 1, 'recall', [
    'WARNING: search path "/vendor/dsp/cdsp": Permission denied',
    'E tokenizers:hf_tokenizer.cpp:82] Error parsing json file: [json.exception.parse_error.101] parse error at line 1',
  ]),
];
