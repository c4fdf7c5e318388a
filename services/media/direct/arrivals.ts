import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { storageRoots } from '#media';
import { ProblemError } from '#nest';
import { BUCKET_EVENTS, isId, type BucketEvents } from '#platform';
import { incomingKey } from './direct-transfers';
import { DirectUploads } from './direct-uploads';
import { Inbox } from './inbox';

/** Handles objects that have arrived in the bucket, by its events. An event is a wake-up: the bucket is the truth. */
@Injectable()
export class Arrivals implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Arrivals.name);
  private readonly stop = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    @Inject(BUCKET_EVENTS) private readonly events: BucketEvents | null,
    private readonly uploads: DirectUploads,
    private readonly inbox: Inbox,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.events?.consume((key) => this.handle(key), this.stop.signal);
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  /** Handles an object that was created. Idempotent. @throws when it has to be repeated */
  async handle(objectKey: string): Promise<void> {
    const [root, userId = '', id = ''] = objectKey.split('/');
    if (root === storageRoots.inbox) return this.inbox.take(objectKey);
    const key = { userId, id };
    if (isId(userId) && isId(id) && objectKey === incomingKey(key)) await this.finish(key);
  }

  private async finish(key: { userId: string; id: string }): Promise<void> {
    try {
      await this.uploads.complete(key);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.logger.log({ mediaId: key.id, msg: `the bytes of a direct upload make no medium: ${error.code}` });
      if (error.code === 'not_found') await this.uploads.expire(key); // they came after the upload had ended
    }
  }
}
