import { Logger } from '@nestjs/common';
import type { MediaAnnouncer, MediaEvent, MediaItem, MediaRepository, WordIndex } from '#media';
import { ProblemError } from '#nest';
import { DependencyUnavailableError } from '#platform';
import { aMedium } from '#testing';
import type { QuotaReservation } from './quota';
import type { StagedUpload, Staging } from './staging';
import { UploadService, type UploadDetails } from './upload.service';

const staged: StagedUpload = {
  userId: 'ann',
  id: '01M85RCK9PSEEFBXB6DHHENWYH',
  sizeBytes: 5,
  sha256: 'of hello',
  contentType: 'image/jpeg',
  kind: 'image',
};
const details: UploadDetails = { filename: 'beach.jpg', title: null, batchId: null, onDuplicate: 'keep' };
const event = { type: 'media.uploaded' } as MediaEvent;
const unavailable = (dependency: 'dynamodb' | 'storage') =>
  new DependencyUnavailableError(dependency, new Error('hangs'));
const reject = (error: Error) => async () => Promise.reject(error);

/** The ports of an upload; `steps` are their calls. */
class FakePorts {
  readonly steps: string[] = [];
  existing: MediaItem | null = null;
  /** The medium that the table contains, also when the response of its write was lost. */
  written: MediaItem | null = null;

  readonly staging: Pick<Staging, 'discard' | 'discardLater' | 'writeSidecar'> = {
    discard: async () => this.record('discard'),
    discardLater: () => this.record('discard later'),
    writeSidecar: async () => this.record('sidecar'),
  };
  readonly quota: Pick<QuotaReservation, 'reserve' | 'settle' | 'release'> = {
    reserve: async (_key, bytes) => this.record(`reserve ${bytes}`),
    settle: async () => this.record('settle'),
    release: async () => this.record('release'),
  };
  readonly words: Pick<WordIndex, 'add'> = { add: async () => this.record('words') };
  readonly media: Pick<MediaRepository, 'findBySha256' | 'create' | 'markDeleted'> = {
    findBySha256: async () => this.existing,
    create: async (item) => {
      const isNew = this.written === null;
      this.written ??= item;
      this.record('create');
      return isNew ? event : null;
    },
    markDeleted: async () => {
      const item = this.written;
      this.record('delete');
      return item && { item, event: { type: 'media.deleted' } as MediaEvent };
    },
  };
  readonly announcer: Pick<MediaAnnouncer, 'announce' | 'wake'> = {
    announce: async ({ event: { type } }) => this.record(`announce ${type}`),
    wake: async () => this.record('wake'),
  };

  /** Returns the calls since the latest call of this method. */
  takeSteps(): string[] {
    return this.steps.splice(0);
  }

  private record(step: string): void {
    this.steps.push(step);
  }
}

describe('UploadService', () => {
  let ports: FakePorts;
  let uploads: UploadService;
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    jest.useFakeTimers();
    ports = new FakePorts();
    uploads = new UploadService(
      ports.staging as Staging,
      ports.quota as QuotaReservation,
      ports.words as WordIndex,
      ports.media as MediaRepository,
      ports.announcer as MediaAnnouncer,
    );
  });
  afterEach(() => void jest.useRealTimers());

  const upload = (changes: Partial<UploadDetails> = {}, revoke?: () => Promise<boolean>) =>
    uploads.commitOrDiscard(staged, { ...details, ...changes }, revoke);

  /** Uploads with a write whose response is lost. */
  const uploadAmbiguously = async (isWritten: boolean, revoke?: () => Promise<boolean>) => {
    ports.media.create = async (item) => {
      if (isWritten) ports.written = item;
      throw unavailable('dynamodb');
    };
    await expect(upload({}, revoke)).rejects.toThrow(DependencyUnavailableError);
    ports.takeSteps();
  };

  it('reserves quota, then writes sidecar and words, then creates the medium, then announces it', async () => {
    const { media, reused } = await upload({ batchId: 'b' });
    expect(media).toMatchObject({
      id: staged.id,
      title: 'beach',
      filename: 'beach.jpg',
      batchId: 'b',
      status: 'uploaded',
    });
    expect(reused).toBe(false);
    const steps = ['reserve 5', 'sidecar', 'words', 'create', 'settle', 'announce media.uploaded', 'wake'];
    expect(ports.takeSteps()).toEqual(steps);
  });

  it('makes one medium of a repeated commit, and announces it once', async () => {
    await uploads.commit(staged, details);
    ports.takeSteps();
    expect((await uploads.commit(staged, details)).media.id).toBe(staged.id);
    expect(ports.takeSteps()).toEqual(['reserve 5', 'sidecar', 'words', 'create', 'settle']);
  });

  it('returns the medium with the same bytes where the client asked for it, and discards the upload', async () => {
    ports.existing = aMedium();
    expect(await upload({ onDuplicate: 'reuse' })).toMatchObject({ media: { id: ports.existing.id }, reused: true });
    expect(ports.takeSteps()).toEqual(['discard', 'release']);
    expect((await upload({ onDuplicate: 'keep' })).media.id).toBe(staged.id);
  });

  it('does not take the medium of an earlier commit of the same upload for a duplicate', async () => {
    ports.existing = aMedium(staged);
    expect(await upload({ onDuplicate: 'reuse' })).toMatchObject({ media: { id: staged.id }, reused: false });
    expect(ports.takeSteps()).not.toContain('discard');
  });

  it('discards the bytes of a rejected upload before it rejects, and releases its quota', async () => {
    ports.quota.reserve = reject(new ProblemError('quota_exceeded'));
    await expect(upload()).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(ports.takeSteps()).toEqual(['discard', 'release']);
  });

  it('discards in the background while the storage is unavailable, and releases the quota at once', async () => {
    ports.staging.writeSidecar = reject(unavailable('storage'));
    await expect(upload()).rejects.toThrow(DependencyUnavailableError);
    expect(ports.takeSteps()).toEqual(['reserve 5', 'discard later', 'release']);
  });

  it('leaves the bytes of a failed commit to its caller', async () => {
    ports.media.create = reject(unavailable('dynamodb'));
    await expect(uploads.commit(staged, details)).rejects.toThrow(DependencyUnavailableError);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ports.takeSteps()).toEqual(['reserve 5', 'sidecar', 'words']);
  });

  describe('after an ambiguous write', () => {
    it('waits until the write can no longer take effect, then discards the bytes and releases the quota', async () => {
      await uploadAmbiguously(false);
      await jest.advanceTimersByTimeAsync(4_900);
      expect(ports.takeSteps()).toEqual([]);
      await jest.advanceTimersByTimeAsync(200);
      expect(ports.takeSteps()).toEqual(['delete', 'discard', 'release']);
    });

    it('deletes the medium where it was written, whose files the sweep erases', async () => {
      await uploadAmbiguously(true);
      await jest.advanceTimersByTimeAsync(5_100);
      expect(ports.takeSteps()).toEqual(['delete', 'settle', 'announce media.deleted']);
    });

    it('keeps the medium when another request was answered with it', async () => {
      await uploadAmbiguously(true, async () => false);
      await jest.advanceTimersByTimeAsync(60_000);
      expect(ports.takeSteps()).toEqual([]);
    });

    it('retries until the table is available', async () => {
      await uploadAmbiguously(false);
      const { markDeleted } = ports.media;
      ports.media.markDeleted = reject(unavailable('dynamodb'));
      await jest.advanceTimersByTimeAsync(60_000);
      expect(ports.takeSteps()).toEqual([]);
      ports.media.markDeleted = markDeleted;
      await jest.advanceTimersByTimeAsync(6_000);
      expect(ports.takeSteps()).toEqual(['delete', 'discard', 'release']);
    });

    it.each([
      ['waits for the rollback before the process ends', false, ['delete', 'discard', 'release', 'end']],
      ['ends the process after 6 s while the table stays unavailable', true, ['end']],
    ])('%s', async (_name, isUnavailable, steps) => {
      await uploadAmbiguously(false);
      if (isUnavailable) ports.media.markDeleted = reject(unavailable('dynamodb'));
      void uploads.onModuleDestroy().then(() => ports.steps.push('end'));
      await jest.advanceTimersByTimeAsync(6_100);
      expect(ports.takeSteps()).toEqual(steps);
    });
  });
});
