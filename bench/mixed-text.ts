const WORDS =
  'the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so said what up its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too little good world make very year still see own work men day get here old between both life being under three never know same last another while us might great go come since against right came take used himself few house during without again place around however home small found thought went say part once general high upon school every don does got united left number course war until always away something fact water though less public put think almost hand enough far took head yet better set told nothing night end why called didn eyes find going look asked later knew tokenization preprocessing bicubic interpolation antialiasing WebAssembly convolution quantization internationalization'.split(
    ' ',
  );
const OTHERS = [
  'const x = await fetch(url);\n',
  'for (let i = 0; i < 1024; i++) {\n    sum += a[i] * b[i];\n}\n',
  '你好，世界。这是一个测试。',
  '図をご覧ください。',
  'привет мир ',
  '🙂🚀 ',
  '3.14159 ',
  '2026-11-21 ',
  "I'm you're we'll ",
  'https://example.org/a/b?c=d&e=1 ',
  'Ünïcödé façade ',
  '\n\n',
  '    ',
];

/** English-like words, code, other scripts, emoji and numbers; always the same. */
export function mixedText(chars: number): string {
  let state = 12345;
  const below = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  const word = () => {
    const plain = WORDS[below(WORDS.length)] ?? '';
    const cased = below(9) === 0 ? plain.charAt(0).toUpperCase() + plain.slice(1) : plain;
    return cased + (below(10) === 0 ? ', ' : below(14) === 0 ? '. ' : ' ');
  };
  let text = '';
  while (text.length < chars) text += below(12) === 0 ? OTHERS[below(OTHERS.length)] : word();
  return text.slice(0, chars);
}
