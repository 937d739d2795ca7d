/** White space as Oniguruma has it: JavaScript's \s lacks U+0085 and has U+FEFF. */
const SPACE = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const CATEGORY = /^(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?)$/;
const SCRIPT = /^(?:Han|Hiragana|Katakana|Hangul|Latin|Greek|Cyrillic|Arabic|Hebrew|Thai)$/;
const GROUPS = ['(?:', '(?=', '(?!', '(?<=', '(?<!'];
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** Where folding makes one character of two (ß, ﬁ, ﬆ …), which JavaScript does not do. */
const MULTI_FOLD = /ss|st|ff|fi|fl/i;

/**
 * A pattern of Oniguruma's syntax (Ruby's dialect) as a JavaScript one with the same matches, or undefined when it has
 * anything that the two read differently: anchors, the dot, possessive quantifiers, back references, \w, nested classes.
 */
export function toRegExp(source: string): RegExp | undefined {
  const reader = new Reader(source);
  const text = alternatives(reader, false);
  if (text === undefined || !reader.done) return undefined;
  try {
    return new RegExp(text, 'gu');
  } catch {
    return undefined;
  }
}

class Reader {
  at = 0;
  private readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
  get done(): boolean {
    return this.at >= this.source.length;
  }
  /** Takes `text` if it is next. */
  take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
  /** Takes what the sticky pattern matches. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found) this.at += found[0].length;
    return found;
  }
}

function alternatives(reader: Reader, anyCase: boolean): string | undefined {
  let out = '';
  while (!reader.done && !reader.match(/(?=\))/y)) {
    const item = reader.take('|') ? '|' : atom(reader, anyCase);
    if (item === undefined) return undefined;
    out += item;
    if (item === '|') continue;
    const quantifier = reader.match(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y)?.[0] ?? '';
    // Twice quantified: possessive in one dialect, an error in the other.
    if (reader.match(/(?=[*+?]|\{\d)/y)) return undefined;
    out += quantifier;
  }
  return out;
}

function atom(reader: Reader, anyCase: boolean): string | undefined {
  if (reader.take('(?i:')) return anyCase ? undefined : group(reader, '(?:', true);
  for (const open of GROUPS) if (reader.take(open)) return group(reader, open, anyCase);
  if (reader.take('('))
    return reader.match(/(?=[?*])/y) ? undefined : group(reader, '(?:', anyCase);
  if (reader.take('[')) return anyCase ? undefined : charClass(reader);
  if (reader.match(/(?=[\^$.*+?{}\])])/y)) return undefined;
  if (reader.match(/(?=\\)/y)) return escape(reader, false);
  return anyCase ? folded(reader) : literal(reader.match(/[^\\]/suy)?.[0] ?? '');
}

function group(reader: Reader, open: string, anyCase: boolean): string | undefined {
  const inner = alternatives(reader, anyCase);
  return inner !== undefined && reader.take(')') ? `${open}${inner})` : undefined;
}

const literal = (char: string) => (SYNTAX.test(char) ? `\\${char}` : char);

/** One character that stands for all of its cases; ASCII only. */
function folded(reader: Reader): string | undefined {
  if (reader.match(new RegExp(`(?=${MULTI_FOLD.source})`, 'iy'))) return undefined;
  const char = reader.match(/[^\\]/suy)?.[0] ?? '';
  if (!/[a-z]/i.test(char)) return char < '\x80' ? literal(char) : undefined;
  const lower = char.toLowerCase();
  const more = lower === 's' ? '\\u017f' : lower === 'k' ? '\\u212a' : '';
  return `[${lower}${char.toUpperCase()}${more}]`;
}

function escape(reader: Reader, inClass: boolean): string | undefined {
  const property = reader.match(/\\([pP])\{(\w+)\}/y);
  if (property) return propertyClass(property[1] ?? '', property[2] ?? '');
  if (reader.take('\\s')) return inClass ? SPACE : `[${SPACE}]`;
  if (reader.take('\\S')) return inClass ? undefined : `[^${SPACE}]`;
  if (reader.take('\\d')) return '\\p{Nd}';
  const control = reader.match(/\\[rntf]/y);
  if (control) return control[0];
  const mark = reader.match(/\\([!-/:-@[-`{-~])/y)?.[1];
  if (mark === undefined) return undefined;
  return mark === '-' && inClass ? '\\-' : literal(mark);
}

function propertyClass(letter: string, name: string): string | undefined {
  if (CATEGORY.test(name)) return `\\${letter}{${name}}`;
  return SCRIPT.test(name) ? `\\${letter}{Script=${name}}` : undefined;
}

function charClass(reader: Reader): string | undefined {
  let out = reader.take('^') ? '[^' : '[';
  if (reader.match(/(?=\])/y)) return undefined; // an empty class, or a "]" that stands for itself
  while (!reader.take(']')) {
    if (reader.done || reader.match(/(?=\[|&&)/y)) return undefined;
    const item = reader.match(/(?=\\)/y)
      ? escape(reader, true)
      : classLiteral(reader.match(/[^\\]/suy)?.[0] ?? '');
    if (item === undefined) return undefined;
    out += item;
  }
  return `${out}]`;
}

const classLiteral = (char: string) => (char !== '-' && SYNTAX.test(char) ? `\\${char}` : char);
