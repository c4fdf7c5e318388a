import type { NestExpressApplication } from '@nestjs/platform-express';
import { api } from '#contracts';
import { MediaRepository, WordIndex } from '#media';
import { createService } from '#nest';
import { newId } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { MediaServiceModule } from '../media-service.module';
import { LibraryActions } from './library.actions';
import { LibraryBatch } from './library.batch';
import { LibraryReader } from './library.reader';

let environment: TestEnvironment;
let app: NestExpressApplication;

beforeAll(async () => {
  environment = await startTestEnvironment();
  app = await createService(MediaServiceModule, { config: environment.config(), name: 'media' });
  await app.init();
});
afterAll(async () => {
  await app.close();
  await environment.stop();
});

/** Creates a library of `count` media, every second one a video. Returns the ids from the oldest to the newest. */
async function createLibrary(count: number): Promise<{ userId: string; ids: string[] }> {
  const userId = newId();
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const item = aMedium({ userId, title: 'Sea and sun', kind: index % 2 ? 'video' : 'image' });
    await app.get(MediaRepository).create(item);
    await app.get(WordIndex).add(item);
    ids.push(item.id);
  }
  return { userId, ids };
}

/** Reads all pages of a list. */
async function readPages(userId: string, query: Record<string, string>): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page = await app
      .get(LibraryReader)
      .list(userId, api.media.list.query.parse({ limit: '2', ...query, ...(cursor && { cursor }) }));
    pages.push(page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  return pages;
}

describe('the order of the library', () => {
  it.each([
    ['the whole library', {}],
    ['a search', { q: 'sea' }],
    ['a filter', { status: 'uploaded' }],
  ])('is newest first by default and oldest first with order=asc, across pages, for %s', async (_name, query) => {
    const { userId, ids } = await createLibrary(5);
    expect((await readPages(userId, query)).flat()).toEqual(ids.toReversed());
    expect((await readPages(userId, { ...query, order: 'asc' })).flat()).toEqual(ids);
    expect((await readPages(userId, { ...query, order: 'asc' }))[0]).toHaveLength(2);
  });

  it('is kept by a filter by kind', async () => {
    const { userId, ids } = await createLibrary(6);
    expect((await readPages(userId, { kind: 'video', order: 'asc' })).flat()).toEqual(
      ids.filter((_id, index) => index % 2 === 1),
    );
  });
});

describe('a medium whose rounds take too long', () => {
  it('is retried twice by its owner, and fails for good in the third round', async () => {
    const [media, actions] = [app.get(MediaRepository), app.get(LibraryActions)];
    const item = aMedium();
    await media.create(item);
    const timeOut = async () => {
      const token = newId();
      await media.claim(item, token, 10_000);
      const { failure } = (await media.finish(item, token, { status: 'failed', code: 'processing_timeout' }))!.item;
      return failure;
    };
    for (const round of [2, 3]) {
      expect(await timeOut()).toMatchObject({ code: 'processing_timeout', retryable: true });
      expect(await actions.retry(item)).toMatchObject({ status: 'uploaded', round });
    }
    expect(await timeOut()).toMatchObject({
      code: 'too_complex',
      retryable: false,
      message: expect.stringContaining('time'),
    });
    await expect(actions.retry(item)).rejects.toMatchObject({ code: 'retries_exhausted' });
    expect(await app.get(LibraryBatch).apply(item.userId, { action: 'retry', ids: [item.id] })).toEqual({
      items: [{ id: item.id, ok: false, code: 'retries_exhausted' }],
    });
    expect(await media.get(item)).toMatchObject({ status: 'failed', round: 3 });
  });
});
