import { expect, test } from 'vitest';
import { Speed } from '../../../src/ui/speed';
import { FakeClock } from '../../fakes/clock';

test('says nothing before there is half a second to measure', async () => {
  const clock = new FakeClock();
  const speed = new Speed(clock);
  expect(speed.measure(0, 1000)).toEqual({ bytesPerSecond: undefined, secondsLeft: undefined });
  await clock.advance(400);
  expect(speed.measure(400, 600).bytesPerSecond).toBeUndefined();
  await clock.advance(600);
  expect(speed.measure(500, 500)).toEqual({ bytesPerSecond: 500, secondsLeft: 1 });
});

test('forgets what was over five seconds ago', async () => {
  const clock = new FakeClock();
  const speed = new Speed(clock);
  speed.measure(0, 0);
  await clock.advance(10_000);
  speed.measure(1_000_000, 0);
  await clock.advance(1000);
  expect(speed.measure(1_000_100, 200)).toEqual({ bytesPerSecond: 100, secondsLeft: 2 });
});

test('a standstill has no end in sight', async () => {
  const clock = new FakeClock();
  const speed = new Speed(clock);
  speed.measure(10, 90);
  await clock.advance(2000);
  expect(speed.measure(10, 90)).toEqual({ bytesPerSecond: 0, secondsLeft: undefined });
});

test('begins anew when bytes are sent anew', async () => {
  const clock = new FakeClock();
  const speed = new Speed(clock);
  speed.measure(1000, 0);
  await clock.advance(1000);
  expect(speed.measure(0, 1000).bytesPerSecond).toBeUndefined();
  await clock.advance(1000);
  expect(speed.measure(500, 500)).toEqual({ bytesPerSecond: 500, secondsLeft: 1 });
});
