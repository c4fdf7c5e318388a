import { basename } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { storageRoots, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import {
  deterministicId,
  Dynamo,
  INBOX_OBJECTS,
  isId,
  ObjectMissingError,
  userKey,
  type InboxObject,
  type InboxObjects,
} from '#platform';
import { DirectCreation } from './direct-creation';
import { incomingKey } from './direct-transfers';
import { DirectUploads } from './direct-uploads';

const PREFIX = `${storageRoots.inbox}/`;
const EXPLANATION = '.refused.txt';

/**
 * Makes media of the objects that other programs put under `inbox/{userId}/`: each becomes a direct upload whose bytes
 * are in the bucket already, and is deleted then. The reason of a refusal is written beside the object.
 */
@Injectable()
export class Inbox {
  private readonly logger = new Logger(Inbox.name);

  constructor(
    @Inject(INBOX_OBJECTS) private readonly objects: InboxObjects | null,
    private readonly dynamo: Dynamo,
    private readonly creation: DirectCreation,
    private readonly uploads: DirectUploads,
  ) {}

  /** Handles the object at a key of the bucket, if there is one. Idempotent. @throws when it has to be repeated */
  async take(objectKey: string): Promise<void> {
    const object = isFile(objectKey) ? await this.objects!.find(objectKey) : null;
    if (!object) return this.logger.log({ objectKey, msg: 'an object of the inbox is handled or deleted already' });
    const [, userId = '', ...path] = objectKey.split('/');
    const isOwned = isId(userId) && path.length > 0 && (await this.dynamo.get('users', userKey(userId))) !== null;
    if (!isOwned) return this.explain(object, `There is no user "${userId}". Put the object under inbox/<user id>/.`);
    try {
      await this.makeMedium({ userId, id: idOf(object) }, object);
    } catch (error) {
      if (error instanceof ObjectMissingError) return; // replaced: its own event follows
      if (!(error instanceof ProblemError) || error.code === 'too_many_uploads') throw error;
      if (error.code === 'upload_locked') return; // another event of it is being handled
      await this.explain(object, `${error.toBody().detail} (${error.code})`);
    }
  }

  /** Yields the keys of objects that are older than `before` and were not refused, for lost events. */
  async *waiting(before: Date): AsyncGenerator<string> {
    const explained = new Set<string>();
    const keys: string[] = [];
    for await (const { key, modifiedAt } of this.objects?.list(PREFIX) ?? []) {
      if (key.endsWith(EXPLANATION)) explained.add(key.slice(0, -EXPLANATION.length));
      else if (isFile(key) && modifiedAt < before) keys.push(key);
    }
    yield* keys.filter((key) => !explained.has(key));
  }

  private async makeMedium(key: MediaKey, object: InboxObject): Promise<void> {
    if (!(await this.uploads.isFinished(key))) {
      await this.creation.adopt(key, { filename: basename(object.key), sizeBytes: object.sizeBytes });
      await this.objects!.copyTo(incomingKey(key), object);
      await this.uploads.complete(key);
    }
    await this.objects!.remove(object);
  }

  private async explain({ key }: InboxObject, text: string): Promise<void> {
    this.logger.warn({ objectKey: key, msg: `an object of the inbox was refused: ${text}` });
    await this.objects!.explain(`${key}${EXPLANATION}`, `${text}\n`);
  }
}

/** Consoles create objects that end in `/` as folders. */
const isFile = (key: string) => !key.endsWith('/') && !key.endsWith(EXPLANATION);

/** The same object gets the same id, whenever and however often it is seen; another one at the same key another id. */
const idOf = ({ key, etag, modifiedAt }: InboxObject) => deterministicId(modifiedAt.toISOString(), `${key}#${etag}`);
