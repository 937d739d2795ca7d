/**
 * The closed list of what can go wrong while everybody behaves. The comment of a code says what the
 * reader can do about it; `ui/messages/` says it to them. Codes reach reports and links: they never
 * change their meaning.
 */
export const FAILURE_CODES = [
  /** The user stopped it. Nothing to do, nothing to show. */
  'cancelled',

  // reaching the phone
  /** This browser has no WebUSB: use Chrome, Edge, Opera or another Chromium; or the virtual phone. */
  'webusb-missing',
  /** The page is not on https or localhost: open it there. */
  'insecure-page',
  /** A policy forbids WebUSB on this page: ask the administrator, or use another browser profile. */
  'usb-blocked',
  /** The chooser was closed, or listed nothing: check cable, unlock, USB debugging. */
  'nothing-chosen',
  /** Another program or tab holds the debugging interface: close it, try again. */
  'usb-busy',
  /** The operating system refused to open the device: udev rule, Snap permission, Windows driver. */
  'usb-denied',
  /** The phone never said yes to this computer: tap Allow, or replug for a new question. */
  'unauthorised',
  /** The phone is older than Android 8 and has no shell protocol v2: use a newer one. */
  'shell-missing',
  /** The cable went, or the phone restarted: plug in and connect again. */
  'unplugged',
  /** The phone stopped answering: wake it, replug it. */
  'stalled',
  /** The phone talks, but not ADB as we know it; often two programs at once. Replug. */
  'adb-protocol',
  /** What was pasted is no address of a bridge: copy the one that it printed, whole. */
  'bridge-address',
  /** No bridge answers there, or it ended, or the browser keeps the page from this computer's ports: start it, allow it. */
  'bridge-gone',
  /** The bridge's token is wrong, used or expired: take the address that it printed last. */
  'bridge-refused',
  /** The bridge serves pages of another address: start it with --origin. */
  'bridge-origin',
  /** The bridge serves another page or tab now: close that one. */
  'bridge-busy',
  /** The phone behind the bridge cannot be reached, or is gone: Wi-Fi, adb devices. */
  'bridge-device',
  /** The phone wants to be paired first (Android's wireless debugging): adb pair, and the bridge with --adb. */
  'bridge-pairing',

  // files and commands on the phone
  /** A command on the phone ended with an error that has no code of its own. */
  'command-failed',
  /** A file or program that must be on the phone is not there: install again. */
  'device-file-missing',
  /** The phone's storage is full: free space, or remove the payload. */
  'disk-full',
  /** The phone does not let us write or execute there. */
  'device-denied',
  /** The phone has no tool that we need (for example sha256sum). */
  'device-tool-missing',
  /** A program printed more than anybody can read: stopped. */
  'output-flood',

  // bundles
  /** The bundle's manifest is not valid: ask whoever made it. */
  'manifest-invalid',
  /** The manifest or a file could not be loaded: check the address, the server, the network. */
  'bundle-unreachable',
  /** Not an address that we read: https, or this computer's own server, of a .gguf file or a repository at Hugging Face. */
  'address-invalid',
  /** The server does not give the file out: it is gone, or its licence must be accepted first. Check the address. */
  'address-refused',
  /** The address leads to a web page, not to a file: copy the link of the file itself. */
  'address-web-page',
  /** The file at an address became another one while it was loaded: start again. */
  'source-changed',
  /** A file arrived with other bytes than the manifest promises: load again, or rebuild the bundle. */
  'hash-mismatch',
  /** A file is longer or shorter than the manifest promises. */
  'size-mismatch',
  /** The bytes on the phone differ from the bytes sent: cable or storage fault. Try again. */
  'device-hash-mismatch',
  /** This phone's NPU cannot run the pipeline: the NPU check says why. */
  'npu-unfit',
  /** The page has only a simulated runner for this pipeline: bring your own bundle. */
  'payload-yours',
  /** No program in the bundle fits this phone's processor. */
  'abi-unsupported',
  /** Not enough free storage on the phone. */
  'space-low',
  /** Not enough free memory on the phone for this model. */
  'memory-low',
  /** Free memory is scarce for this model: the phone may end the run without a word. Never ends a run by itself. */
  'memory-tight',
  /** A program, library or compiled model is damaged, or not what its name says: take it again from where it comes from. */
  'payload-file-invalid',
  /** A file that should be a GGUF model is not one: pick another. */
  'model-invalid',
  /** A model file ends before the place that its own header names: load it again, whole. */
  'model-truncated',
  /** One part of a model that was split into several files: take the unsplit file, or merge the parts. */
  'model-split',
  /** A language model where its vision part (mmproj) belongs, or the other way round. */
  'model-swapped',
  /** A model without eyes: its second file has no vision encoder. */
  'model-no-vision',
  /** The runner's llama.cpp has no code for this architecture, projector or tensor type. */
  'model-unsupported',
  /** Language model and mmproj do not belong together: their widths differ. */
  'model-mismatch',

  // pictures and prompts
  /** The file holds no picture that this browser can read. */
  'image-not-image',
  /** The picture is damaged or cut off: use the original file. */
  'image-damaged',
  /** The picture is larger than we decode: make it smaller. */
  'image-too-large',
  /** The picture's shape cannot be prepared for this model (for example 200 times as wide as high). */
  'image-shape',
  /** A link or form asks for a way of preparing pictures that does not exist: choose another. */
  'recipe-invalid',
  /** No camera, or no permission to use it. */
  'camera-denied',
  /** Type a question. */
  'prompt-empty',
  /** The question is longer than the model can read: shorten it. */
  'prompt-too-long',
  /** Picture, question and answer do not fit into the model's context. */
  'context-too-small',
  /** The question contains the marker that stands for the picture (for example "<image>"): take it out. */
  'prompt-marker',
  /** The file is not a tokenizer.json, or is damaged: take the one that lies beside the model. */
  'tokenizer-invalid',
  /** A tokenizer of a kind that we do not do: ask the runner for its own count. */
  'tokenizer-unsupported',
  /** The file is not an mtmd_data.bin, or is cut off: run the vision step again. */
  'mtmd-invalid',
  /** Vision output, embedding table or text embeddings do not have the size or type the model needs: wrong file or wrong build. */
  'embeddings-invalid',
  /** The file is not an ONNX model that the page can load: pick another, whole, with its weights inside. */
  'encoder-invalid',
  /** The ONNX model takes or gives something else than an image encoder does, or another size: pick the one of this model. */
  'encoder-shape',
  /** The ONNX model loaded but could not be computed, mostly for want of memory: close other tabs, or take a smaller one. */
  'encoder-failed',

  // runs
  /** The runner could not load the model; its own words are in the detail. */
  'runner-load',
  /** The runner refused this request; its own words are in the detail. */
  'runner-refused',
  /** The runner ended in the middle of the work. */
  'runner-crashed',
  /** The runner was built for a newer processor (SIGILL): use the baseline build. */
  'runner-illegal-instruction',
  /** The runner said something that is not the protocol. */
  'runner-protocol',
  /** The runner is silent for longer than the time limit. */
  'runner-timeout',

  // programs of others: starting them
  /** The phone's linker did not find a library that the program needs; the detail names it: pack the runner with it. */
  'library-missing',
  /** The program to start is not on the phone, or under another name: install again. */
  'program-missing',
  /** The phone would not execute the program: install again; another folder or phone if it stays. */
  'program-not-executable',
  /** A program or library was built for another processor, often 32-bit: take the arm64-v8a one. */
  'program-abi',
  /** The program knows no such option or value: it is another version than the bundle says. Pack the version that was built. */
  'runner-flag',
  /** The runner does not know this kind of decoder: it is too old or of another project. */
  'decoder-version',
  /** The runner has no such cache updater: it is another version than the bundle says. */
  'kv-updater',
  /** The runner was started without its vision part: the bundle lacks an mmproj. */
  'mmproj-not-given',

  // programs of others: their files
  /** A model file is not where the runner looked; the detail names it: install again. */
  'model-file-missing',
  /** The file is no ExecuTorch program, or of another format version: export it with the runner's version. */
  'pte-invalid',
  /** The program was exported by another project than the runner's: export it with the fork that the runner comes from. */
  'pte-other-runner',
  /** The language model could not be loaded: is it a whole GGUF, and this runner new enough for it? */
  'language-model-load',
  /** The vision model could not be loaded: is it a whole mmproj, and of this model? */
  'vision-model-load',
  /** The runner could not read the tokenizer file: take the one that lies beside the model. */
  'runner-tokenizer',
  /** The model's file says nothing of how to write a question: take a newer conversion. */
  'chat-template-missing',
  /** The embedding table is too small or of another type than the model: the answer is garbage. Take the model's own. */
  'lut-mismatch',
  /** The embeddings' width or type is not what Genie was told: table, encoder and settings are of different builds. */
  'embeddings-width',
  /** Genie does not know a setting, or misses one: the SDK is another version. The detail names it. */
  'genie-config',
  /** Genie could not open the model: libraries, the compiled model, or the NPU. */
  'genie-dialog',
  /** Genie did not find one of its files: install again. */
  'genie-file',
  /** Genie could not keep or fetch the conversation's state: ask without the conversation. */
  'genie-state',
  /** Genie ended in the middle of the answer. */
  'genie-query',
  /** Genie's profile file was there before: try again. */
  'profile-exists',
  /** The vision step left no mtmd_data.bin: it failed; run again. */
  'mtmd-missing',
  /** The vision step wrote numbers of a type that the decoder does not read: the two programs are of different builds. */
  'mtmd-type',
  /** The runner could not write into its run folder: storage full, or the folder is not ours. */
  'run-folder-denied',

  // the NPU
  /** The runner was built without, or did not load, its QNN backend: pack libqnn_executorch_backend.so. */
  'qnn-backend-missing',
  /** A QNN library could not be opened; the detail names it: pack it, of the same SDK. */
  'qnn-library-missing',
  /** The NPU gave no device: skel of another Hexagon, not found, or refused. Check the skel and ADSP_LIBRARY_PATH. */
  'qnn-device',
  /** QNN could not start; the line before says why. */
  'qnn-manager',
  /** The NPU did not take the compiled model: built for another chip or a newer SDK, or no NPU memory. */
  'qnn-context',
  /** QNN libraries and compiled model are of different SDKs: take libraries of the SDK that compiled it. */
  'qnn-version',
  /** The compiled model is damaged: install it again, compare its hash. */
  'qnn-cache-invalid',
  /** libcdsprpc.so, the way to the NPU, cannot be loaded: some phones keep it from the shell. */
  'rpc-library-missing',
  /** The NPU's shared memory is used up: close apps, take a smaller context. */
  'rpc-memory',
  /** The NPU crashed or was taken away during the work: try once more. */
  'qnn-execute',
  /** A backend could not start; the lines before say why. */
  'backend-init',
  /** The operator library for the NPU is missing: it goes on with the CPU, slowly. Never ends a run. */
  'npu-ops-missing',
  /** No session on the NPU: skel of another Hexagon, not found, or not signed. */
  'npu-session',
  /** The NPU had no memory for the picture: smaller picture. */
  'npu-memory',
  /** This model's weights are of a type that the NPU backend leaves to the CPU: Q4_0, Q8_0, IQ4_NL or MXFP4, or without the NPU. */
  'npu-weights',

  // questions and pictures, as runners of others see them
  /** Picture and question are longer than the sequence length: shorter question, smaller picture. */
  'prompt-over-seq-len',
  /** Picture and question are longer than the compiled prompt: smaller picture, shorter question. */
  'prompt-over-limit',
  /** The runner got an empty question. */
  'prompt-no-tokens',
  /** The context was full before the answer was whole: shorter answer, larger context. */
  'context-full',
  /** The answer was cut at the sequence length. Never ends a run. */
  'answer-cut',
  /** The prepared picture has another size than the encoder takes: wrong model profile. */
  'image-tensor-size',
  /** The runner could not read the list of pictures, or a picture in it. */
  'image-list',
  /** The runner was started without a picture. */
  'image-not-given',
  /** Pictures and their places in the question do not match in number. */
  'image-count',
  /** The encoder failed on the picture; the runner then ends as if all were well. */
  'image-encode-failed',
  /** The picture is not where the runner looked: ask again, it is sent anew. */
  'image-file-missing',
  /** The runner cannot read the picture's format. */
  'image-undecodable',
  /** The runner ended during the answer; its own words are in the detail. */
  'generation-failed',

  // how programs of others end
  /** The program aborted itself (SIGABRT); its last words are in the detail. */
  'runner-aborted',
  /** The program touched memory that is not its own (SIGSEGV, SIGBUS): a mismatch of files, or its bug. */
  'runner-bad-access',
  /** The phone killed the program (SIGKILL), nearly always for want of memory: close apps, smaller model. */
  'runner-killed',
  /** Something on the phone ended the program (SIGTERM, SIGINT, SIGHUP): try again. */
  'runner-stopped',
  /** It ended with an error and said nothing: nearly always model or mmproj could not be loaded. */
  'runner-silent',
  /** The program ended as if all were well, but left no whole answer: what is missing stands in the detail. */
  'answer-missing',

  // links and storage
  /** The link was made by a newer version: reload the page to get it, or ask for an older link. */
  'link-newer',
  /** The link is cut off or altered: copy it again, whole. */
  'link-damaged',
  /** The link is larger than a recipe can be. */
  'link-too-large',
  /** The browser refused to store or copy something. */
  'browser-denied',
  /** A worker of the page did not start or ended: reload the page. */
  'worker-failed',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/** Plain data: survives postMessage, JSON and a report. */
export interface Failure {
  readonly code: FailureCode;
  /** What exactly was seen: for details and bug reports. Untrusted text, may come from the phone. */
  readonly detail?: string;
}
