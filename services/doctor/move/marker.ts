import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { OperatorError } from '#config';
import { assertEmptyStorage, assertEmptyTables } from '../installation-state';
import type { Side } from './side';

const FOLDER = 'move/';
const KEY = `${FOLDER}source.json`;
const markerSchema = z.object({ schemaVersion: z.literal(1), source: z.string() });
const ADVICE = 'move into an empty installation, or restore a backup';

/**
 * An object in the target while a move into it is not finished. It says that all data there are copies, which a run may
 * replace and delete; without it only an empty target is accepted. So a target that is in use is never changed.
 */
export class MoveMarker {
  private readonly name: string;

  constructor(
    private readonly source: Side,
    private readonly target: Side,
  ) {
    this.name = `${source.places.tables}, ${source.places.files}`;
  }

  /** @throws {OperatorError} when the target contains data that are not copies of this source */
  async assertMayMove(): Promise<void> {
    const { places, config, dynamo, storage } = this.target;
    const sharesTables = this.source.places.tables === places.tables;
    const sharesFiles = this.source.places.files === places.files;
    if (sharesTables && sharesFiles) throw new OperatorError(`Both sides are the same: ${this.name}.`);
    if (!(await storage.stat(KEY))) {
      if (!sharesTables) await assertEmptyTables(dynamo, config.tablePrefix, `${ADVICE}.`);
      if (!sharesFiles) await assertEmptyStorage(storage, `${ADVICE}.`);
      return;
    }
    const marker = markerSchema.safeParse(await json(await storage.read(KEY)));
    if (marker.data?.source !== this.name)
      throw new OperatorError(
        `A move from ${marker.data?.source ?? 'another version of SnapStream'} into this target is not finished: ` +
          'continue that one, or choose an empty target.',
      );
  }

  async set(): Promise<void> {
    const marker = { schemaVersion: 1, source: this.name };
    await this.target.storage.write(KEY, Readable.from([JSON.stringify(marker)]));
  }

  async remove(): Promise<void> {
    await this.target.storage.deletePrefix(FOLDER);
  }
}
