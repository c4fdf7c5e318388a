import { eventually } from '#testing';
import { collectWhenIdle } from './idle-memory';

it('an idle process collects what it does not use any more', async () => {
  const garbage = new WeakRef(Array.from({ length: 300_000 }, (_, number) => ({ number })));
  const stop = collectWhenIdle(300);
  try {
    await eventually(() => Promise.resolve(garbage.deref() === undefined), Boolean);
  } finally {
    stop();
  }
});
