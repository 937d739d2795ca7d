/**
 * Byte-level BPE writes bytes as characters: printable Latin-1 stands for itself, the rest is moved to U+0100 and up.
 * Source: tokenizers, pre_tokenizers/byte_level.rs (from GPT-2).
 */
export const BYTE_CHARS: readonly string[] = (() => {
  const chars: string[] = [];
  let moved = 0;
  for (let byte = 0; byte < 256; byte++) {
    const itself = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    chars.push(String.fromCharCode(itself ? byte : 256 + moved++));
  }
  return chars;
})();
