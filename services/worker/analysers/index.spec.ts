import { loadConfig } from '#config';
import { analyserNames, analysers, type AnalysisProvider } from '#contracts';
import { connectRedis, DiskReserve, LocalStorage } from '#platform';
import { Adapters } from './adapters';

describe('the adapters', () => {
  it('of all providers have the provider and model that results name', async () => {
    const speech = { SPEECH_URL: 'http://127.0.0.1:1/v1', SPEECH_MODEL: 'small', SPEECH_MODEL_DIR: '/models/small' };
    const config = loadConfig({ ...speech, S3_BUCKET: 'media' });
    const redis = connectRedis('redis://127.0.0.1:1', 'command');
    const adapters = new Adapters(config, redis, new LocalStorage(config.dataDir, new DiskReserve(config.dataDir)));
    for (const name of analyserNames)
      for (const [provider, entry] of Object.entries<{ model: string | null }>(analysers[name].providers))
        expect({ name, ...adapters.of(name, provider as AnalysisProvider) }).toMatchObject({
          name,
          provider,
          model: entry.model ?? 'small',
        });
    await adapters.beforeApplicationShutdown();
    redis.disconnect();
  });
});
