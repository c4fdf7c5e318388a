import type { Media } from '#contracts';
import { sessionLost } from '../../network/api';
import { connection } from '../../network/connection';
import { broadcast } from '../../network/live';
import { messageOf, NetworkProblem } from '../../network/problem';
import { texts } from '../../ui/texts';
import { findDuplicate, isReadable } from '../admission';
import { forget } from '../pending-files';
import type { UploadQueue } from '../queue/queue';
import type { Upload } from '../queue/upload';
import { outcomeOf } from './outcome';
import { sendBytes, type Source } from './send';

const interruptionLimit = 5;
/** The backoff step while the server handles an earlier attempt, which it abandons after a minute. */
const busyPause = 2;

/** Sends the admitted uploads of a queue and records the outcome of each in it. */
export class Sender {
  readonly #queue: UploadQueue;
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(queue: UploadQueue, sources: ReadonlyMap<string, Source>) {
    this.#queue = queue;
    this.#sources = sources;
  }

  /** Sends the next uploads, as far as the parallel limit of the queue allows. */
  startNext(): void {
    for (const upload of this.#queue.startNext(performance.now())) void this.#send(upload);
  }

  async #send(upload: Upload): Promise<void> {
    const source = this.#sources.get(upload.id);
    if (!source) return this.#queue.fail(upload.id, texts.upload.unreadable);
    try {
      const duplicate = source.isWanted || upload.interruptions > 0 ? null : await findDuplicate(source.file);
      if (source.stop.signal.aborted) return;
      if (duplicate && !isOwn(duplicate, upload, source)) return this.#queue.holdDuplicate(upload.id, duplicate);
      const progress = (loadedBytes: number): void =>
        this.#queue.updateProgress(upload.id, loadedBytes, performance.now());
      const media = duplicate ?? (await sendBytes(upload, source, progress));
      this.#queue.markSent(upload.id, media);
      void forget([upload.id]);
      connection.markRestored('media');
      broadcast({ type: 'media', media });
    } catch (error) {
      if (!source.stop.signal.aborted) await this.#handleFailure(upload, source, error);
    } finally {
      this.startNext();
    }
  }

  async #handleFailure({ id }: Upload, { file, stop: { signal } }: Source, error: unknown): Promise<void> {
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
    if (error instanceof NetworkProblem) connection.markLost('unreachable', 'media');
    const isBusy = outcome === 'busy';
    const message = isBusy ? texts.upload.busy : texts.upload.lost;
    this.#queue.stall(id, message);
    // The upload keeps its slot while it waits, so that the others do not fail for the same reason meanwhile.
    await waitForConnection(isBusy ? busyPause : (this.#queue.get(id)?.interruptions ?? 0), signal);
    if (signal.aborted) return; // paused, cancelled or signed out meanwhile
    if (!this.#queue.interrupt(id, message, isBusy ? Number.POSITIVE_INFINITY : interruptionLimit))
      this.#queue.fail(id, texts.upload.lostForGood);
  }
}

/** True for the medium of this upload itself: a closed page sent it and did not receive the response. */
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
