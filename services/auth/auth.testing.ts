import type { NestExpressApplication } from '@nestjs/platform-express';
import { createService } from '#nest';
import { Dynamo } from '#platform';
import {
  ApiClient,
  eventually,
  startPausable,
  startTestEnvironment,
  type Pausable,
  type TestEnvironment,
} from '#testing';
import { AuthModule } from './auth.module';
import { HASHING } from './password-hasher';

export interface AuthFixture {
  app: NestExpressApplication;
  dynamo: Dynamo;
  /** The way to DynamoDB. */
  dynamodb: Pausable;
  environment: TestEnvironment;
  url: string;
  /** Every line the service logged. */
  log: string[];
  /** A new browser; behind a proxy that says which address it has. */
  client(ip?: string): ApiClient;
  /** Resolves when every dependency answers. */
  untilReady(): Promise<void>;
  stop(): Promise<void>;
}

/** For tests of something else than hashing. A dynamic module's own providers go before those of its class. */
const cheap = { provide: HASHING, useValue: { memoryCost: 64, timeCost: 1, parallelism: 1 } };

/** The auth service on a Redis and a DynamoDB of its own, behind one trusted proxy. */
export async function startAuth({
  hashing = 'cheap',
  wayToDynamoDb,
}: { hashing?: 'cheap' | 'real'; wayToDynamoDb?: (endpoint: string) => Promise<string> } = {}): Promise<AuthFixture> {
  const environment = await startTestEnvironment();
  const { endpoint } = environment.dynamodb;
  const dynamodb = await startPausable((await wayToDynamoDb?.(endpoint)) ?? endpoint);
  const log: string[] = [];
  const config = environment.config({ TRUST_PROXY: '1', LOG_LEVEL: 'info', AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url });
  const app = await createService(
    { module: AuthModule, providers: hashing === 'cheap' ? [cheap] : [] },
    { config, name: 'auth', logTo: { write: (line) => void log.push(line) } },
  );
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    dynamo: app.get(Dynamo),
    dynamodb,
    environment,
    url,
    log,
    client: (ip = '192.0.2.1') => new ApiClient(url, { 'x-forwarded-for': ip }),
    async untilReady() {
      await eventually(
        () => new ApiClient(url).call('GET', '/health/ready'),
        ({ status }) => status === 200,
      );
    },
    async stop() {
      await app.close();
      await dynamodb.stop();
      await environment.stop();
    },
  };
}
