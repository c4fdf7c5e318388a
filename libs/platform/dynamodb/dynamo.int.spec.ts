import { startTestEnvironment, type TestEnvironment } from '#testing';
import { newId } from '../ids';
import { Dynamo } from './dynamo';
import { equals } from './expression';

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
const listed = (userId: string, limit = 100, after?: string) =>
  dynamo.query<{ id: string; text: string }>('notifications', {
    index: 'visibleId',
    where: equals('userId', userId),
    descending: true,
    limit,
    ...(after && { after: { userId, id: after, visibleId: after } }),
  });

describe('a query of a local index', () => {
  it('answers with whole items in their order, page by page', async () => {
    const userId = newId();
    const ids = Array.from({ length: 5 }, () => newId())
      .toSorted()
      .toReversed();
    for (const id of ids) await put(userId, id);
    const first = await listed(userId, 3);
    const second = await listed(userId, 3, first.next!.id);
    expect([...first.items, ...second.items]).toEqual(
      ids.map((id) => ({ userId, id, visibleId: id, text: `of ${id}` })),
    );
    expect(second.next).toBeUndefined();
  });

  it('answers while the items that it finds come and go', async () => {
    const userId = newId();
    for (let round = 0; round < 30; round += 1) {
      const ids = Array.from({ length: 10 }, () => newId());
      const coming = ids.map((id) => put(userId, id));
      const answers = await Promise.all(Array.from({ length: 5 }, () => listed(userId)));
      await Promise.all(coming);
      const going = ids.map((id) => dynamo.delete('notifications', { userId, id }));
      answers.push(...(await Promise.all(Array.from({ length: 5 }, () => listed(userId)))));
      await Promise.all(going);
      for (const { id, text } of answers.flatMap(({ items }) => items)) expect(text).toBe(`of ${id}`);
    }
  });
});
