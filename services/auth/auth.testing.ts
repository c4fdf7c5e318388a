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
  /** Proxy in front of DynamoDB. */
  dynamodb: Pausable;
  environment: TestEnvironment;
  url: string;
  /** Every line the service logged. */
  log: string[];
  /** A client without cookies; `ip` is the address that the trusted proxy forwards. */
  client(ip?: string): ApiClient;
  /** Resolves once `/health/ready` returns 200. */
  untilReady(): Promise<void>;
  stop(): Promise<void>;
}

/** For tests of anything but hashing. Providers of a dynamic module override those of its class. */
const cheapHashing = { provide: HASHING, useValue: { memoryCost: 64, timeCost: 1, parallelism: 1 } };

/**
 * Starts the auth service with its own Redis and DynamoDB, behind one trusted proxy.
 * @param dynamoEndpoint maps the endpoint of DynamoDB to the one that the service connects to
 */
export async function startAuth({
  hashing = 'cheap',
  dynamoEndpoint,
}: { hashing?: 'cheap' | 'real'; dynamoEndpoint?: (endpoint: string) => Promise<string> } = {}): Promise<AuthFixture> {
  const environment = await startTestEnvironment();
  const { endpoint } = environment.dynamodb;
  const dynamodb = await startPausable((await dynamoEndpoint?.(endpoint)) ?? endpoint);
  const log: string[] = [];
  const config = environment.config({ TRUST_PROXY: '1', LOG_LEVEL: 'info', AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url });
  const app = await createService(
    { module: AuthModule, providers: hashing === 'cheap' ? [cheapHashing] : [] },
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
