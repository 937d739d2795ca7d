import { expect, test } from 'vitest';
import { htpArchOf } from '../../../src/domain/soc';

test.each([
  ['SM8650', 'v75'],
  ['SM8650-AC', 'v75'],
  ['SM8750P', 'v79'],
  ['SXR1230P', 'v73'],
  ['QCM6490', 'v68'],
  ['MT6989', undefined],
  ['constructor', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s has %s', (soc, arch) => expect(htpArchOf(soc)).toBe(arch));
