import type { FailureCode } from '../domain/failure';

/** One way in which a program on the phone says, or shows, that something is wrong. */
export interface Trouble {
  readonly code: FailureCode;
  /** Occurs within one line. Absent: the exit code alone says it. */
  readonly seen?: RegExp;
  /** Pipelines whose programs say so. */
  readonly in: 'all' | readonly string[];
  /** The lowest wins; of two alike the one that was seen first. */
  readonly rank: Rank;
  /** Applies by these exit codes alone; `seen` then only finds the line that shows it. */
  readonly exits?: readonly number[];
  /**
   * `despite`: fails a run that looks well otherwise (exit code 0, answer whole).
   * `note`: never fails a run: the program goes on, and its parser says what became of it.
   */
  readonly weight?: 'despite' | 'note';
}

/** How near to the root a line stands. */
export const RANK = {
  /** The system did not start the program. */
  system: 0,
  /** Names the cause. */
  cause: 1,
  /** Names the part that failed, mostly of a cause said before. */
  part: 2,
  /** Says that something before it failed. */
  follows: 3,
  /** Says so once more. */
  last: 4,
  /** The exit code. */
  exit: 5,
} as const;
type Rank = (typeof RANK)[keyof typeof RANK];

const QNN = ['omniinfer', 'qnn-multimodal', 'etqnn'];
const EXECUTORCH = [...QNN, 'llava'];
const LLAMA = ['omniinfer', 'llama-mtmd'];
const GENIE = ['fastvlm'];

const says = (
  code: FailureCode,
  seen: RegExp,
  where: Trouble['in'],
  rank: Rank,
  weight?: Trouble['weight'],
): Trouble => ({ code, seen, in: where, rank, ...(weight && { weight }) });

const ends = (code: FailureCode, exits: readonly number[], seen?: RegExp): Trouble => ({
  code,
  exits,
  in: 'all',
  rank: RANK.exit,
  ...(seen && { seen }),
});

/** An abort's own last words: ExecuTorch's "F ..." line, an uncaught C++ exception, ggml's assert. */
const LAST_WORDS =
  /^F \d\d:\d\d:\d\d\.\d{6} |^libc\+\+abi: |^ {2}what\(\): |GGML_ASSERT|GGML_ABORT/;

/**
 * Every message that is known to mean trouble. Sources: format strings of pytorch/executorch, omnimind-ai/OmniInfer-LLM,
 * omnimind-ai/OmniInfer-VLM, ggml-org/llama.cpp and the Genie sample tool (AryamaVMurthy/VLM_on_edge); the texts of the
 * system (linker, mksh) from memory. Each row has an example in examples/.
 */
export const CATALOGUE: readonly Trouble[] = [
  // the system
  says('program-abi', /not executable: 64-bit ELF file/, 'all', RANK.system),
  says('program-abi', /is (32|64)-bit instead of (32|64)-bit/, 'all', RANK.system),
  says('library-missing', /CANNOT LINK EXECUTABLE/, 'all', RANK.system),
  says('program-missing', /^\S*sh: .*: inaccessible or not found/, 'all', RANK.system),

  // options
  says('runner-flag', /^ERROR: unknown command line flag '/, EXECUTORCH, RANK.cause),
  says('runner-flag', /^ERROR: illegal value '.*' specified for /, EXECUTORCH, RANK.cause),
  says('runner-flag', /^error: invalid argument: /, LLAMA, RANK.cause),
  says('runner-flag', /^Unknown option: /, GENIE, RANK.cause),
  says('runner-flag', /^ERROR: Invalid (parameter for|--log) argument/, GENIE, RANK.cause),
  says('runner-flag', /^ERROR:: Please (do not )?provide /, GENIE, RANK.cause),
  says('decoder-version', /Unsupported Decoder Model/, EXECUTORCH, RANK.cause),
  says('kv-updater', /kv updater \(.*\) not found/, EXECUTORCH, RANK.cause),
  says('mmproj-not-given', /ERR: Missing --mmproj argument/, LLAMA, RANK.cause),
  says('image-not-given', /For VLM, please specify image path\./, QNN, RANK.cause),

  // ExecuTorch's files
  says('model-file-missing', /Failed to open [^:]+: [^()]+ \(\d+\)$/, EXECUTORCH, RANK.cause),
  says('pte-invalid', /Program identifier '.*' != expected '/, EXECUTORCH, RANK.cause),
  says('pte-other-runner', /get_ie_logits_\w+ method not found/, QNN, RANK.cause),
  says('runner-tokenizer', /Failed to load tokenizer (with|from:) /, EXECUTORCH, RANK.cause),
  says('mtmd-invalid', /Magic number错误/, QNN, RANK.cause),
  says('mtmd-missing', /无法打开文件/, QNN, RANK.cause),
  says('mtmd-type', /不支持的类型/, QNN, RANK.cause),

  // QNN under ExecuTorch
  says('qnn-backend-missing', /Backend QnnBackend is not registered/, QNN, RANK.cause),
  says('qnn-library-missing', /Cannot Open QNN library /, QNN, RANK.cause),
  says('qnn-version', /is mismatched\. The minimum supported version is/, QNN, RANK.cause),
  says('qnn-cache-invalid', /QNN context cache is invalid/, QNN, RANK.cause),
  says('rpc-library-missing', /Unable to load shared buffer\. dlerror/, QNN, RANK.cause),
  says('rpc-memory', /Failed to allocate the tensor by RPC memory/, QNN, RANK.cause),
  says('qnn-device', /Failed to create device_handle for Backend ID/, QNN, RANK.part),
  says('qnn-context', /Can't create context from binary\. Error/, QNN, RANK.part),
  says('qnn-execute', /qnn_graph_execute failed\. Error/, QNN, RANK.part),
  says('qnn-manager', /Fail to initialize Qnn Manager/, QNN, RANK.follows),
  says('backend-init', /Init failed for backend /, EXECUTORCH, RANK.last),

  // ExecuTorch's prompts and pictures
  says('prompt-over-seq-len', /sequence length exceeded - please increase/, QNN, RANK.cause),
  says('prompt-over-limit', /exceeds the maximum limit that the prompt processor/, QNN, RANK.cause),
  says('prompt-no-tokens', /Expected at least 1 prompt token/, QNN, RANK.cause),
  says('image-tensor-size', /(Input image|Image file) size mismatch/, QNN, RANK.cause),
  says('image-list', /Failed to open input (list )?file: /, QNN, RANK.cause),
  says('image-count', /Number of <image> tokens \(\d+\) does not match/, QNN, RANK.cause),
  says('image-encode-failed', /Failed to encode image/, QNN, RANK.follows, 'despite'),
  says('answer-cut', /Generation stopped at seq_len limit/, QNN, RANK.last, 'note'),

  // LLaVA
  says('image-undecodable', /Failed to load image: /, ['llava'], RANK.cause),
  says(
    'context-too-small',
    /Max new tokens -?\d+ is less than or equal to 0/,
    ['llava'],
    RANK.cause,
  ),
  says('runner-load', /Failed to (create|load) multimodal runner/, ['llava'], RANK.follows),
  says('generation-failed', /Failed to generate with multimodal/, ['llava'], RANK.follows),

  // OmniInfer's vision step
  says('npu-ops-missing', /Failed to load HTP ops library/, ['omniinfer'], RANK.last, 'note'),
  says('npu-session', /Failed to open remote session on Hexagon/, ['omniinfer'], RANK.last, 'note'),
  says('rpc-library-missing', /unable to load libcdsprpc\.so/, LLAMA, RANK.cause),
  says('npu-memory', /fastrpc_mmap failed with return code/, ['omniinfer'], RANK.cause),
  says('run-folder-denied', /failed to open output file: /, ['omniinfer'], RANK.cause),

  // llama.cpp, upstream and fork
  says('model-mismatch', /mismatch between text model \(n_embd = /, LLAMA, RANK.cause),
  says('model-file-missing', /failed to open GGUF file '.*' \(No such file/, LLAMA, RANK.cause),
  says('vision-model-load', /Failed to load (vision|CLIP) model from /, LLAMA, RANK.part),
  says('language-model-load', /common_init_: failed to load model '/, LLAMA, RANK.part),
  says('language-model-load', /llama_model_loader: failed to load model from /, LLAMA, RANK.part),
  says('image-file-missing', /Unable to open file .+: /, LLAMA, RANK.cause),
  says(
    'image-undecodable',
    /failed to decode (buffer as either image|image bytes)/,
    LLAMA,
    RANK.cause,
  ),
  says(
    'image-count',
    /number of bitmaps \(\d+\) does not match number of markers/,
    LLAMA,
    RANK.cause,
  ),
  says('prompt-marker', /Number of media markers \(\d+\) does not match/, LLAMA, RANK.cause),
  says('chat-template-missing', /Model does not have chat template\./, LLAMA, RANK.cause),
  says('generation-failed', /Unable to tokenize prompt, res = /, LLAMA, RANK.follows),
  says('context-full', /failed to find a memory slot for batch/, LLAMA, RANK.cause),
  says('generation-failed', /failed to decode token/, LLAMA, RANK.follows),
  says('npu-session', /failed to open session/, ['llama-mtmd'], RANK.part),

  // Genie
  says('genie-file', /doesn't exists or is in bad shape\./, GENIE, RANK.cause),
  says('profile-exists', /Output file .* already exists\./, GENIE, RANK.cause),
  says('genie-config', /Unknown \w+ config key: |Missing \w+ field: /, GENIE, RANK.cause),
  says('context-full', /Context Size was exceeded\./, GENIE, RANK.cause),
  says('embeddings-width', /integer multiple of the embedding vector size/, GENIE, RANK.cause),
  says('lut-mismatch', /T2E conversion overflow/, GENIE, RANK.part, 'despite'),
  says('qnn-device', /Failed to create device: \d+|Device Creation failure/, GENIE, RANK.part),
  says('genie-state', /^Failed to (save|restore)\./, GENIE, RANK.part),
  says('genie-config', /Failed to create the dialog config/, GENIE, RANK.follows),
  says('genie-dialog', /Failure to initialize model|Failed to create the dialog/, GENIE, RANK.last),
  says('genie-query', /^Failed to query/, GENIE, RANK.last),

  // exit codes; 128 + n is signal n (POSIX.1-2024 sh, "Exit Status")
  ends('program-not-executable', [126], /Permission denied/),
  ends('program-missing', [127], /not found/),
  ends('runner-illegal-instruction', [132]),
  ends('runner-aborted', [134], LAST_WORDS),
  ends('runner-bad-access', [135, 139]),
  ends('runner-killed', [137]),
  ends('runner-stopped', [129, 130, 143]),
];
