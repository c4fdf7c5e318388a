import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ending, MediaAnnouncer, MediaEvent, MediaRepository } from '#media';
import { DependencyUnavailableError, DiskReserve, type Storage, type WorkResult } from '#platform';
import { aMedium } from '#testing';
import type { Facts } from './analysis/job';
import { DiskSpace } from './disk-space';
import { MediaFiles } from './media-files';
import { ProcessingService } from './processing.service';
import type { SandboxPool } from './sandbox';
import type { AnalysisSandbox } from './sandbox/sandbox';

export type Analyse = AnalysisSandbox['analyse'];

export const thumbnail = { name: 'thumbnail.webp', contentType: 'image/webp' };
export const facts = { kind: 'image', derived: { thumbnail, preview: null, waveform: null } } as unknown as Facts;
export const unavailable = new DependencyUnavailableError('dynamodb', new Error('hangs'));

/** Writes a derived file, as an analysis does. */
export const analyseWell: Analyse = async ({ outputDir }) => {
  await writeFile(join(outputDir, thumbnail.name), 'pixels');
  return facts;
};

/** Ends when it is aborted, as an analysis does. */
export const analyseUntilAborted: Analyse = async ({ signal }) => {
  signal.throwIfAborted();
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
};

export const failWith = (error: Error) => async () => Promise.reject(error);

/** The claim of one medium, in memory, with the fence of the table. */
export class FakeClaims implements Pick<
  MediaRepository,
  'claim' | 'renew' | 'release' | 'releaseAfterError' | 'finish' | 'mayName'
> {
  item = aMedium();
  token: string | null = null;
  isExhausted = false;
  ended: Ending | null = null;
  readonly progress: number[] = [];
  readonly releases: Array<{ inMs: number; isError: boolean }> = [];

  async claim(_key: unknown, token: string) {
    this.token = token;
    const announced = { type: 'media.processing' } as MediaEvent;
    return this.isExhausted
      ? { outcome: 'exhausted' as const, item: this.item, code: 'crashed_worker' as const, announced }
      : { outcome: 'claimed' as const, item: this.item, exclusive: false, announced };
  }

  async renew(_key: unknown, token: string, _leaseMs: number, progress: number) {
    this.progress.push(progress);
    return this.token === token;
  }

  async release(_key: unknown, _token: string, at = new Date()) {
    this.releases.push({ inMs: at.getTime() - Date.now(), isError: false });
    this.token = null;
  }

  async releaseAfterError(_item: unknown, _token: string, at: Date) {
    if (this.item.errors >= 4) return 'exhausted' as const;
    this.releases.push({ inMs: at.getTime() - Date.now(), isError: true });
    this.token = null;
    return 'again' as const;
  }

  async finish(_key: unknown, token: string, ending: Ending) {
    if (this.token !== token) return null;
    this.ended = ending;
    return { item: this.item, event: { type: `media.${ending.status}` } as MediaEvent };
  }

  async mayName(_key: unknown, token: string) {
    return this.token === token;
  }
}

const realSetTimeout = setTimeout;

/** A worker under a fake clock, with real files. */
export class FakeWorker {
  readonly shutdown = new AbortController();
  readonly announced: string[] = [];
  readonly hints: number[] = [];
  isDiskFree = true;
  /** How far the fake clock advances in each real ms: files are written meanwhile, within the lease. */
  stepMs = 100;

  constructor(
    private readonly claims: FakeClaims,
    private readonly storage: Storage,
  ) {}

  /** Processes the medium. Returns what the queue does next with the wake-up. */
  async process(analyse: Analyse): Promise<WorkResult['next']> {
    const { userId, id: mediaId, kind, round } = this.claims.item;
    const run = this.service(analyse).process(kind, { userId, mediaId, round }, this.shutdown.signal);
    const ended = new AbortController();
    const end = () => ended.abort();
    run.then(end, end);
    while (!ended.signal.aborted) {
      await jest.advanceTimersByTimeAsync(this.stepMs);
      await new Promise((resolve) => realSetTimeout(resolve, 1));
    }
    return (await run).next;
  }

  private service(analyse: Analyse): ProcessingService {
    const announcer: Pick<MediaAnnouncer, 'announce' | 'hint'> = {
      announce: async ({ event }) => void this.announced.push(event.type),
      hint: async (_item, progress) => void this.hints.push(progress),
    };
    const pool: Pick<SandboxPool, 'use'> = { use: (_exclusive, work) => work({ analyse } as AnalysisSandbox) };
    const diskSpace = new DiskSpace(new DiskReserve('/', 0));
    diskSpace.waitUntilFree = async () => {};
    diskSpace.isReserveFree = async () => this.isDiskFree;
    return new ProcessingService(
      this.claims as unknown as MediaRepository,
      announcer as MediaAnnouncer,
      new MediaFiles(this.storage),
      pool as SandboxPool,
      diskSpace,
    );
  }
}
