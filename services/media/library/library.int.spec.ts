import type { NestExpressApplication } from '@nestjs/platform-express';
import { api } from '#contracts';
import { MediaRepository, WordIndex } from '#media';
import { createService } from '#nest';
import { newId } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { MediaServiceModule } from '../media-service.module';
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

/** A library of `count` media, and their ids from the oldest to the newest. Every other one is a video. */
async function library(count: number): Promise<{ userId: string; ids: string[] }> {
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

/** Every page of a list, one after the other. */
async function pages(userId: string, query: Record<string, string>): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | null = null;
  do {
    const page = await app
      .get(LibraryReader)
      .list(userId, api.media.list.query.parse({ limit: '2', ...query, ...(cursor && { cursor }) }));
    found.push(page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

describe('the order of the library', () => {
  it.each([
    ['all of it', {}],
    ['a search', { q: 'sea' }],
    ['a filter', { status: 'uploaded' }],
  ])('is newest first, or oldest first when asked, page by page: %s', async (_name, query) => {
    const { userId, ids } = await library(5);
    expect((await pages(userId, query)).flat()).toEqual(ids.toReversed());
    expect((await pages(userId, { ...query, order: 'asc' })).flat()).toEqual(ids);
    expect((await pages(userId, { ...query, order: 'asc' }))[0]).toHaveLength(2);
  });

  it('holds for what is filtered by kind', async () => {
    const { userId, ids } = await library(6);
    expect((await pages(userId, { kind: 'video', order: 'asc' })).flat()).toEqual(
      ids.filter((_id, index) => index % 2 === 1),
    );
  });
});
