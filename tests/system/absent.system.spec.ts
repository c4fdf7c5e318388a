import {
  eventually,
  freePort,
  makeJpeg,
  newAccount,
  startProcess,
  startStandalone,
  startFaultProxy,
  ApiClient,
  type Stack,
  type FaultProxy,
} from '#testing';

describe('a product that starts before its dependencies', () => {
  let stack: Stack;
  let dynamodb: FaultProxy;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    stack = await startStandalone({
      workers: 0,
      env: { PORT: String(port) },
      dynamoEndpoint: async (endpoint) => (dynamodb = await startFaultProxy(endpoint)).url,
    });
    url = stack.baseUrl;
  });
  afterAll(async () => {
    await stack.stop();
    await dynamodb.stop();
  });

  const ready = async () => {
    const answer = await fetch(`${url}/health/ready`);
    return { http: answer.status, ...((await answer.json()) as { status: string; checks: Record<string, string> }) };
  };

  /** Restarts with another table prefix while DynamoDB hangs: as on a first start, no table exists. */
  async function restart(prefix: string): Promise<void> {
    const { services, env, startWorker } = stack.processes!;
    await services[0]!.stop();
    env.TABLE_PREFIX = prefix;
    dynamodb.behave(() => 'hang');
    [services[0]] = await Promise.all([startProcess('standalone', env), startWorker()]);
  }

  async function expectProcessing(): Promise<void> {
    await eventually(ready, ({ status }) => status === 'ok', 20_000);
    const api = new ApiClient(url);
    await api.register(newAccount());
    const { id } = await api.upload(new Uint8Array(await makeJpeg()), { filename: 'first.jpg' });
    expect((await api.waitUntilSettled(id)).status).toBe('completed');
  }

  it('is live but not ready without tables, and creates them and works once DynamoDB is available', async () => {
    await restart(`fresh${Date.now()}-`);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await ready()).toMatchObject({ http: 503, status: 'down', checks: { dynamodb: 'down' } });
    expect(await new ApiClient(url).problem('POST', '/api/auth/register', { json: newAccount() })).toMatchObject({
      status: 503,
      code: 'temporarily_unavailable',
    });
    await dynamodb.restore();
    await expectProcessing();
  }, 90_000);
});
