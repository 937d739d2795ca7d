import { describe, expect, test } from 'vitest';
import { toRegExp } from '../../../../src/adapters/tokenizer/onig';

const all = (source: string, text: string) => {
  const pattern = toRegExp(source);
  return pattern && [...text.matchAll(pattern)].map(([found]) => found);
};

describe('patterns of Oniguruma', () => {
  test('white space is Unicode: U+0085 is, U+FEFF is not', () => {
    expect(all('\\s+', 'a\u0085\u3000b\ufeffc')).toEqual(['\u0085\u3000']);
    expect(all('[^\\s]+', 'a\u0085b\ufeffc')).toEqual(['a', 'b\ufeffc']);
    expect(all('\\S', ' x')).toEqual(['x']);
  });

  test('(?i:…) folds as Unicode does, and only in there', () => {
    expect(all("(?i:'s|'k)|t", "'S 'ſ 'K T t")).toEqual(["'S", "'ſ", "'K", 't']);
  });

  test('categories, scripts, ranges, classes, look-around', () => {
    expect(all('\\p{Lu}\\p{Ll}*|[^\\p{L}\\d -]+', 'Ab cD7-!')).toEqual(['Ab', 'D', '!']);
    expect(all('[一-龥]+|\\p{Hiragana}+', '図をご覧')).toEqual(['図', 'をご', '覧']);
    expect(all('a(?=b)|(?<!a)b{2,}?', 'ab bbb')).toEqual(['a', 'bb']);
    expect(all('[\\]\\-a\\/]', ']-a/')).toEqual([']', '-', 'a', '/']);
  });

  test.each([
    ['.', 'the dot: lines'],
    ['^a', 'an anchor: lines'],
    ['a$', 'an anchor: lines'],
    ['a++', 'possessive'],
    ['a?+', 'possessive'],
    ['a{2}+', 'twice quantified'],
    ['\\w+', 'a class of another extent'],
    ['\\bx', 'an edge of another extent'],
    ['(a)\\1', 'a back reference'],
    ['(?<name>a)', 'a named group'],
    ['(?>a)', 'an atomic group'],
    ['(?i)a', 'a flag for the rest'],
    ['(?i:ss)', 'folds to one letter, ß'],
    ['(?i:[a-z])', 'a class that would have to be folded'],
    ['[a-z&&[^b]]', 'an intersection'],
    ['[[:alpha:]]', 'a POSIX class'],
    ['[]a]', 'a bracket that stands for itself'],
    ['\\p{Alphabetic}', 'a property'],
    ['\\p{^L}', 'a negated property'],
    ['(a', 'no end'],
    ['a)', 'no beginning'],
    ['[a', 'no end'],
    ['*', 'nothing to repeat'],
  ])('%s is not read: %s', (source) => {
    expect(toRegExp(source)).toBeUndefined();
  });
});
