import { setPriority } from 'node:os';
import sharp from 'sharp';
import { z } from 'zod';
import { type VisionResults, type VisionTask, visionJobSchema } from './job';

/** The disposable process that looks at previews and frames, one at a time; each model is loaded when it is needed. */
const tasks: { [T in VisionTask]: (path: string) => Promise<VisionResults[T]> } = {
  labels: async (path) => (await import('./labels/labels.js')).labelPicture(path),
  moderation: async (path) => (await import('./moderation.js')).moderate('mobilenet_v2', path),
  secondOpinion: async (path) => (await import('./moderation.js')).moderate('inception_v3', path),
  text: async (path) => (await import('./text/read-text.js')).readText(path),
};

setPriority(10); // below media processing, which users wait for
sharp.concurrency(1);
sharp.cache(false);

const requestSchema = z.object({ id: z.int(), job: visionJobSchema });

process.on('message', (message) => {
  const { id, job } = requestSchema.parse(message);
  void handle(id, job.task, job.path);
});
process.on('disconnect', () => process.exit(0)); // the parent has exited
process.send?.({ type: 'ready' });

async function handle(id: number, task: VisionTask, path: string): Promise<void> {
  try {
    process.send?.({ type: 'done', id, result: await tasks[task](path) });
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.send?.({ type: 'broken', id, message });
  } finally {
    globalThis.gc?.(); // pixels and tensors are outside the heap of V8, which would keep 150 MB of them
  }
}
