import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  derivedFolder,
  MediaCounters,
  MediaRepository,
  originalKey,
  sidecarKey,
  WordIndex,
  type MediaEvent,
  type MediaItem,
} from '#media';
import { Dynamo, newId, PlatformModule, STORAGE, type Storage } from '#platform';
import { aMedium, startTestEnvironment } from '#testing';
import { Doctor } from './doctor';
import { DoctorModule } from './doctor.module';

const thumbnail = { name: 'thumbnail.webp', contentType: 'image/webp' };

/** An installation without services; tests write the data that services would. */
export class TestInstallation {
  private constructor(
    readonly app: INestApplicationContext,
    private readonly stopEnvironment: () => Promise<void>,
  ) {}

  static async start(overrides?: Record<string, string>): Promise<TestInstallation> {
    const environment = await startTestEnvironment();
    const root = { module: DoctorModule, imports: [PlatformModule.forRoot(environment.config(overrides))] };
    const app = await NestFactory.createApplicationContext(root, { logger: false });
    return new TestInstallation(app, () => environment.stop());
  }

  get dynamo(): Dynamo {
    return this.app.get(Dynamo);
  }

  get storage(): Storage {
    return this.app.get(STORAGE);
  }

  get<T>(type: Type<T>): T {
    return this.app.get(type);
  }

  async addUser(): Promise<string> {
    const userId = newId();
    await this.dynamo.put('users', {
      pk: `user#${userId}`,
      schemaVersion: 1,
      id: userId,
      email: `${userId}@example.org`,
      pending: {},
    });
    return userId;
  }

  async store(key: string, bytes: string): Promise<void> {
    await this.storage.write(key, Readable.from([bytes]));
  }

  async read(key: string): Promise<string> {
    return text(await this.storage.read(key));
  }

  /** Adds a processed medium with all its files, counted, and with all events confirmed. */
  async addMedium(userId: string, title = 'By the sea'): Promise<MediaItem> {
    const bytes = `bytes of ${title}`;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const item = aMedium({ userId, title, sizeBytes: Buffer.byteLength(bytes), sha256: hash });
    const { id, filename, sha256, sizeBytes, contentType, kind, batchId, createdAt } = item;
    const sidecar = {
      schemaVersion: 1,
      id,
      userId,
      filename,
      title,
      sha256,
      sizeBytes,
      contentType,
      kind,
      batchId,
      createdAt,
    };
    await this.get(MediaCounters).reserve(userId, id, sizeBytes, null);
    await this.store(originalKey(item), bytes);
    await this.store(sidecarKey(item), JSON.stringify(sidecar));
    await this.get(WordIndex).add(item);
    const events: Array<MediaEvent | null> = [await this.get(MediaRepository).create(item)];
    await this.get(MediaCounters).settle(userId, id);
    events.push(...(await this.process(item)));
    for (const event of events) await this.confirm(event!);
    return (await this.get(MediaRepository).get(item))!;
  }

  /** Processes a medium as a worker does. Returns the events. */
  async process(item: MediaItem): Promise<MediaEvent[]> {
    const token = newId();
    const media = this.get(MediaRepository);
    const claim = await media.claim(item, token, 60_000);
    await this.store(`${derivedFolder(item.id, token)}${thumbnail.name}`, 'a picture');
    const facts = {
      kind: item.kind,
      width: 4,
      height: 3,
      durationSeconds: null,
      codecs: [],
      metadata: {},
      placeholder: null,
      derived: { thumbnail, preview: 'original' as const, waveform: null },
    };
    const finished = await media.finish(item, token, { status: 'completed', facts, derivedBytes: 9 });
    return [claim.outcome === 'claimed' ? claim.announced! : null!, finished!.event];
  }

  /** Counts and confirms an event as its consumers do. */
  async confirm(event: MediaEvent): Promise<void> {
    await this.get(MediaCounters).apply(event);
    const key = { userId: event.userId, id: event.mediaId };
    const left = await this.dynamo.update<MediaItem>('media', key, { remove: [['pending', event.id]] });
    if (Object.keys(left!.pending).length === 0)
      await this.dynamo.update('media', key, { remove: ['outboxShard', 'outboxAt'] });
  }

  async findings(now?: Date): Promise<string[]> {
    const findings: string[] = [];
    for await (const finding of this.get(Doctor).examine(now)) findings.push(finding);
    return findings;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.stopEnvironment();
  }
}
