import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chdir } from 'node:process';
import { analyseAv } from '../analysis/av/av';
import { isDiskFull, isExhaustion } from '../analysis/exhaustion';
import { killAll, useFfmpeg } from '../analysis/ffmpeg/ffmpeg';
import { useFfprobe } from '../analysis/ffmpeg/probe';
import { analyseImage } from '../analysis/image/image';
import { restrictLoaders } from '../analysis/image/picture';
import { type Facts, type Job, type OnProgress, requestSchema } from '../analysis/job';
import { MediaFailure } from '../analysis/media-failure';
import type { Reply } from './program';

/** The disposable process in which all untrusted bytes are parsed, one job at a time. */
const [ffmpeg = 'ffmpeg', ffprobe = 'ffprobe', ...folders] = process.argv.slice(2);
useFfmpeg(ffmpeg);
useFfprobe(ffprobe);
restrictLoaders();

const send = (reply: Reply) => void process.send?.(reply);

process.on('message', (message) => {
  const { id, job } = requestSchema.parse(message);
  void handleRequest(id, job);
});

process.on('disconnect', () => {
  killAll(); // the parent has exited
  folders.forEach(empty);
  process.exit(0);
});

send({ type: 'ready' });

/** The folder itself is deleted later, by the reaper of temporary files: this process may not. */
function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

async function handleRequest(id: number, job: Job): Promise<void> {
  try {
    chdir(job.outputDir);
    send({
      type: 'done',
      id,
      result: await analyse(
        job,
        throttle((percent) => send({ type: 'progress', id, percent })),
      ),
    });
  } catch (error) {
    send(await toReply(id, job, error));
  } finally {
    chdir('/');
  }
}

const analyse = (job: Job, onProgress: OnProgress): Promise<Facts> =>
  job.kind === 'image' ? analyseImage(job, onProgress) : analyseAv(job, onProgress);

async function toReply(id: number, { outputDir }: Job, error: unknown): Promise<Reply> {
  if (error instanceof MediaFailure && (await isDiskFull(outputDir)))
    return { type: 'exhausted', id, message: `no space left to work in: ${error.message}` };
  if (error instanceof MediaFailure) return { type: 'failed', id, code: error.code, detail: error.detail };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: isExhaustion(message) ? 'exhausted' : 'broken', id, message };
}

/** Reports whole percents, each once and increasing. */
function throttle(report: OnProgress): OnProgress {
  let last = 0;
  return (percent) => {
    const whole = Math.floor(percent);
    if (whole > last) report((last = whole));
  };
}
