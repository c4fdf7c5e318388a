import { startTestEnvironment, type TestEnvironment } from '#testing';
import { newId } from '../ids';
import { Dynamo } from './dynamo';
import { equals } from './expression';
import { shardOf } from './tables';

let environment: TestEnvironment;
let dynamo: Dynamo;
beforeAll(async () => {
  environment = await startTestEnvironment();
  dynamo = Dynamo.connect(environment.config());
  await dynamo.ensureTables();
});
afterAll(async () => {
  dynamo.close();
  await environment.stop();
});

const put = (userId: string, id = newId()) =>
  dynamo.put('notifications', { userId, id, visibleId: id, text: `of ${id}` });
const list = (userId: string, limit = 100, after?: string) =>
  dynamo.query<{ id: string; text: string }>('notifications', {
    index: 'visibleId',
    where: equals('userId', userId),
    descending: true,
    limit,
    ...(after && { after: { userId, id: after, visibleId: after } }),
  });

describe('a query of a local index', () => {
  it('returns complete items in order, page by page', async () => {
    const userId = newId();
    const ids = Array.from({ length: 5 }, () => newId())
      .toSorted()
      .toReversed();
    for (const id of ids) await put(userId, id);
    const first = await list(userId, 3);
    const second = await list(userId, 3, first.next!.id);
    expect([...first.items, ...second.items]).toEqual(
      ids.map((id) => ({ userId, id, visibleId: id, text: `of ${id}` })),
    );
    expect(second.next).toBeUndefined();
  });

  it('succeeds while matching items are created and deleted', async () => {
    const userId = newId();
    for (let round = 0; round < 30; round += 1) {
      const ids = Array.from({ length: 10 }, () => newId());
      const puts = ids.map((id) => put(userId, id));
      const pages = await Promise.all(Array.from({ length: 5 }, () => list(userId)));
      await Promise.all(puts);
      const deletions = ids.map((id) => dynamo.delete('notifications', { userId, id }));
      pages.push(...(await Promise.all(Array.from({ length: 5 }, () => list(userId)))));
      await Promise.all(deletions);
      for (const { id, text } of pages.flatMap(({ items }) => items)) expect(text).toBe(`of ${id}`);
    }
  });
});

const openRow = (id: string, openAt: string | undefined) =>
  dynamo.put('users', { pk: id, openShard: shardOf(id), openAt });

describe('the items that are due in a sharded index', () => {
  it.each([
    ['a small', 3],
    ['a large', 130],
  ])('are found in %s index, once each', async (_, count) => {
    const now = new Date();
    const due = Array.from({ length: count }, () => newId());
    const [past, future] = [-1_000, 60_000].map((ms) => new Date(now.getTime() + ms).toISOString());
    await Promise.all([...due.map((id) => openRow(id, past)), openRow(newId(), future)]);
    const found: string[] = [];
    for await (const { pk } of dynamo.due<{ pk: string }>('users', 'open', now)) found.push(pk);
    expect(found.toSorted()).toEqual(due.toSorted());
    await Promise.all(due.map((pk) => dynamo.delete('users', { pk })));
  });
});
