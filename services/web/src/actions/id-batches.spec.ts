import { inBatches, pageCloses } from './id-batches';

const ids = Array.from({ length: 250 }, (_, index) => String(index));

/** Each call of `send` waits for `answer`. */
function server() {
  const calls: string[][] = [];
  const waiting: (() => void)[] = [];
  const send = (batch: string[]): Promise<void> => {
    calls.push(batch);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const answer = async (): Promise<void> => {
    for (const resolve of waiting.splice(0)) resolve();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { calls, send, answer };
}
const sizes = (calls: string[][]) => calls.map(({ length }) => length);

test('sends 100 at a time, each after the answer to the one before', async () => {
  const { calls, send, answer } = server();
  const done = inBatches(ids, send);
  expect(sizes(calls)).toEqual([100]);
  await answer();
  expect(sizes(calls)).toEqual([100, 100]);
  await answer();
  await answer();
  await done;
  expect(calls.flat()).toEqual(ids);
});

test('sends all that is left when the page closes, and nothing twice', async () => {
  const { calls, send, answer } = server();
  const done = inBatches(ids, send);
  pageCloses.emit();
  expect(sizes(calls)).toEqual([100, 100, 50]);
  pageCloses.emit();
  await answer();
  await done;
  pageCloses.emit();
  expect(calls.flat()).toEqual(ids);
});

test('stops at the first error', async () => {
  const calls: string[][] = [];
  const refuse = async (batch: string[]): Promise<void> => {
    calls.push(batch);
    throw new Error('refused');
  };
  await expect(inBatches(ids, refuse)).rejects.toThrow('refused');
  expect(calls).toHaveLength(1);
});
