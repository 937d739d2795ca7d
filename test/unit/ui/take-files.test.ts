import { beforeEach, expect, test } from 'vitest';
import { fail } from '../../../src/domain/result';
import { Session } from '../../../src/ui/session.svelte';
import { takeFiles } from '../../../src/ui/take-files';
import { settle } from '../../fakes/clock';
import { FakeConnector } from '../../fakes/connector';
import { FakePlatform } from '../../fakes/platform';

let session: Session;
beforeEach(() => {
  session = new Session(new FakePlatform(new FakeConnector(async () => fail('unplugged'))));
});
const file = (name: string, type = '') => new File(['x'], name, { type });

test('a picture among other files is the picture', () => {
  takeFiles(session, [file('notes.txt', 'text/plain'), file('cat.png', 'image/png')]);
  expect(session.picture?.name).toBe('cat.png');
});

test('a file of unknown kind is tried as a picture: its content decides', () => {
  takeFiles(session, [file('photo')]);
  expect(session.picture?.name).toBe('photo');
});

test('two GGUF files are a model, in either order', async () => {
  takeFiles(session, [file('mmproj-x.gguf'), file('x.gguf')]);
  await settle();
  expect(session.setup.model?.manifest.id).toBe('own-model');
  expect(session.picture).toBeUndefined();
});

test('no files are nothing', () => {
  takeFiles(session, []);
  expect(session.picture).toBeUndefined();
});
