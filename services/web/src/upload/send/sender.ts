import type { Media } from '#contracts';
import { sessionLost } from '../../network/api';
import { connection } from '../../network/connection';
import { tell } from '../../network/live';
import { messageOf, NetworkProblem } from '../../network/problem';
import { texts } from '../../ui/texts';
import { duplicateOf, isReadable } from '../admission';
import { forget } from '../pending-files';
import type { UploadQueue } from '../queue/queue';
import type { Upload } from '../queue/upload';
import { outcomeOf } from './outcome';
import { sendBytes, type Source } from './send';

const interruptionLimit = 5;
/** As after two lost connections: the server gives a dead try up after a minute. */
const busyPause = 2;

/** Sends what the queue has admitted, and says to the queue how it ended. */
export class Sender {
  readonly #queue: UploadQueue;
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(queue: UploadQueue, sources: ReadonlyMap<string, Source>) {
    this.#queue = queue;
    this.#sources = sources;
  }

  startNext(): void {
    for (const upload of this.#queue.startNext(performance.now())) void this.#send(upload);
  }

  async #send(upload: Upload): Promise<void> {
    const source = this.#sources.get(upload.id);
    if (!source) return this.#queue.fail(upload.id, texts.upload.unreadable);
    try {
      const duplicate = source.isWanted || upload.interruptions > 0 ? null : await duplicateOf(source.file);
      if (source.stop.signal.aborted) return;
      if (duplicate && !isOwn(duplicate, upload, source)) return this.#queue.holdDuplicate(upload.id, duplicate);
      const progress = (loadedBytes: number): void => this.#queue.progress(upload.id, loadedBytes, performance.now());
      const media = duplicate ?? (await sendBytes(upload, source, progress));
      this.#queue.sent(upload.id, media);
      void forget([upload.id]);
      connection.back('media');
      tell({ type: 'media', media });
    } catch (error) {
      if (!source.stop.signal.aborted) await this.#failed(upload, source, error);
    } finally {
      this.startNext();
    }
  }

  async #failed({ id }: Upload, { file, stop: { signal } }: Source, error: unknown): Promise<void> {
    const outcome = outcomeOf(error);
    if (outcome === 'signed-out') {
      sessionLost.emit();
      return this.#queue.fail(id, texts.upload.sessionEnded);
    }
    if (outcome === 'refused') {
      void forget([id]);
      return this.#queue.refuse(id, messageOf(error));
    }
    if (outcome === 'failed') return this.#queue.fail(id, messageOf(error));
    if (!(await isReadable(file))) return this.#queue.fail(id, texts.upload.unreadable);
    if (error instanceof NetworkProblem) connection.lost('unreachable', 'media');
    const isBusy = outcome === 'busy';
    const message = isBusy ? texts.upload.busy : texts.upload.lost;
    this.#queue.stall(id, message);
    // It keeps its place among those that send, so that the others do not run into the same wall meanwhile.
    await waitForConnection(isBusy ? busyPause : (this.#queue.get(id)?.interruptions ?? 0), signal);
    if (signal.aborted) return; // paused, cancelled or signed out meanwhile
    if (!this.#queue.interrupt(id, message, isBusy ? Number.POSITIVE_INFINITY : interruptionLimit))
      this.#queue.fail(id, texts.upload.lostForGood);
  }
}

/** An earlier page sent it and did not see the answer. */
function isOwn({ batchId, filename }: Media, upload: Upload, { wasKept }: Source): boolean {
  return wasKept && batchId === upload.batchId && filename === upload.name;
}

/** Resolves also when `signal` aborts. */
async function waitForConnection(attempt: number, signal: AbortSignal): Promise<void> {
  try {
    await connection.pause(attempt, signal);
    while (!navigator.onLine) await connection.pause(interruptionLimit, signal);
  } catch {
    // aborted
  }
}
