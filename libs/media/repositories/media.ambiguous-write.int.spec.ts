import { Dynamo, newId } from '#platform';
import { aMedium, startTestEnvironment, startFaultProxy, type TestEnvironment, type FaultProxy } from '#testing';
import type { MediaItem } from '../media.item';
import { MediaRepository } from './media.repository';

const LEASE_MS = 60_000;

/** The write succeeds, its response is lost, and the SDK retries it. */
describe('MediaRepository, when the response of a write is lost', () => {
  let environment: TestEnvironment;
  let proxy: FaultProxy;
  let dynamo: Dynamo;
  let media: MediaRepository;
  beforeAll(async () => {
    environment = await startTestEnvironment();
    proxy = await startFaultProxy(environment.dynamodb.endpoint);
    dynamo = Dynamo.connect(environment.config({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url }));
    await dynamo.ensureTables();
    media = new MediaRepository(dynamo);
  });
  afterAll(async () => {
    dynamo.close();
    await proxy.stop();
    await environment.stop();
  });

  /** Drops the response of the first write from now on. */
  const loseWriteResponse = () => {
    let writes = 0;
    proxy.behave((operation) => (operation === 'UpdateItem' && (writes += 1) === 1 ? 'cut' : 'pass'));
  };

  async function createClaimed(): Promise<{ item: MediaItem; token: string }> {
    const [item, token] = [aMedium(), newId()];
    await media.create(item);
    await media.claim(item, token, LEASE_MS);
    return { item, token };
  }

  it('counts a finished round as finished, so that its files are kept', async () => {
    const { item, token } = await createClaimed();
    loseWriteResponse();
    expect(await media.finish(item, token, { status: 'failed', code: 'processing_timeout' })).toMatchObject({
      item: { status: 'failed' },
      event: { id: `${item.id}.failed.1` },
    });
    expect(await media.finish(item, newId(), { status: 'failed', code: 'processing_timeout' })).toBeNull();
  });

  it('counts a claim as claimed', async () => {
    const [item, token] = [aMedium(), newId()];
    await media.create(item);
    loseWriteResponse();
    expect(await media.claim(item, token, LEASE_MS)).toMatchObject({ outcome: 'claimed', item: { token } });
    expect([await media.mayName(item, token), await media.mayName(item, newId())]).toEqual([true, false]);
  });

  it('counts a retry as one retry', async () => {
    const { item, token } = await createClaimed();
    await media.finish(item, token, { status: 'failed', code: 'processing_timeout' });
    loseWriteResponse();
    expect(await media.retry(item)).toMatchObject({
      item: { status: 'uploaded', round: 2 },
      event: { id: `${item.id}.uploaded.2` },
    });
    expect(await media.retry(item)).toBeNull();
  });

  it('counts a deletion as deleted', async () => {
    const { item } = await createClaimed();
    loseWriteResponse();
    expect(await media.markDeleted(item)).toMatchObject({ event: { type: 'media.deleted' } });
    expect(await media.markDeleted(item)).toBeNull();
  });
});
