import { setPriority } from 'node:os';
import { OfflineRecognizer, readWave } from 'sherpa-onnx-node';
import { z } from 'zod';
import { findModel } from './model-folder';
import { jobSchema } from './recognized';

/** The disposable process that recognizes speech, one piece at a time; the model stays loaded. */
const [folder = ''] = process.argv.slice(2);
setPriority(10); // below media processing, which users wait for
const recognizer = new OfflineRecognizer({
  featConfig: { sampleRate: 16_000, featureDim: 80 },
  modelConfig: { ...findModel(folder), numThreads: 1, provider: 'cpu', debug: 0 },
});
const requestSchema = z.object({ id: z.int(), job: jobSchema });

process.on('message', (message) => {
  const { id, job } = requestSchema.parse(message);
  try {
    process.send?.({ type: 'done', id, result: recognize(job.path) });
  } catch (error) {
    process.send?.({ type: 'broken', id, message: error instanceof Error ? error.stack : String(error) });
  }
});
process.on('disconnect', () => process.exit(0)); // the parent has exited
process.send?.({ type: 'ready' });

function recognize(path: string) {
  const { samples, sampleRate } = readWave(path);
  const stream = recognizer.createStream();
  stream.acceptWaveform({ samples, sampleRate });
  recognizer.decode(stream);
  const { text, tokens, timestamps, lang } = recognizer.getResult(stream);
  return { text, tokens: tokens ?? [], timestamps: timestamps ?? [], lang: lang ?? '' };
}
