import { inBatches, pageCloses } from './id-batches';

const ids = Array.from({ length: 250 }, (_, index) => String(index));

/** `send` records each call, which resolves at the next `answer`. */
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

test('sends 100 at a time, each after the response to the one before', async () => {
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

test('sends the remaining ids when the page closes, and none twice', async () => {
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
