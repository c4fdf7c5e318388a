import { Dynamo, newId } from '#platform';
import { aMedium, startTestEnvironment, startFaultProxy, type TestEnvironment, type FaultProxy } from '#testing';
import type { MediaItem } from './media.item';
import { MediaRepository } from './media.repository';

const LEASE_MS = 60_000;

/** The write happens, its answer gets lost, and the SDK sends it once more. */
describe('a write that happened unheard', () => {
  let environment: TestEnvironment;
  let way: FaultProxy;
  let dynamo: Dynamo;
  let media: MediaRepository;
  beforeAll(async () => {
    environment = await startTestEnvironment();
    way = await startFaultProxy(environment.dynamodb.endpoint);
    dynamo = Dynamo.connect(environment.config({ AWS_ENDPOINT_URL_DYNAMODB: way.url }));
    await dynamo.ensureTables();
    media = new MediaRepository(dynamo);
  });
  afterAll(async () => {
    dynamo.close();
    await way.stop();
    await environment.stop();
  });

  /** Of the requests from now on, cuts the answer of the second: these moves read first, then write. */
  const cutTheWrite = () => {
    let requests = 0;
    way.behave(() => ((requests += 1) === 2 ? 'cut' : 'pass'));
  };

  async function claimed(): Promise<{ item: MediaItem; token: string }> {
    const [item, token] = [aMedium(), newId()];
    await media.create(item);
    await media.claim(item, token, LEASE_MS);
    return { item, token };
  }

  it('of an end is an end, and its files are named', async () => {
    const { item, token } = await claimed();
    cutTheWrite();
    expect(await media.finish(item, token, { status: 'failed', code: 'processing_timeout' })).toMatchObject({
      item: { status: 'failed' },
      event: { id: `${item.id}.failed.1` },
    });
    expect(await media.finish(item, newId(), { status: 'failed', code: 'processing_timeout' })).toBeNull();
  });

  it('of a claim is a claim', async () => {
    const [item, token] = [aMedium(), newId()];
    await media.create(item);
    cutTheWrite();
    expect(await media.claim(item, token, LEASE_MS)).toMatchObject({ outcome: 'claimed', item: { token } });
    expect([await media.mayName(item, token), await media.mayName(item, newId())]).toEqual([true, false]);
  });

  it('of a retry is one retry', async () => {
    const { item, token } = await claimed();
    await media.finish(item, token, { status: 'failed', code: 'processing_timeout' });
    cutTheWrite();
    expect(await media.retry(item)).toMatchObject({
      item: { status: 'uploaded', round: 2 },
      event: { id: `${item.id}.uploaded.2` },
    });
    expect(await media.retry(item)).toBeNull();
  });

  it('of a deletion is a deletion', async () => {
    const { item } = await claimed();
    cutTheWrite();
    expect(await media.markDeleted(item)).toMatchObject({ event: { type: 'media.deleted' } });
    expect(await media.markDeleted(item)).toBeNull();
  });
});
