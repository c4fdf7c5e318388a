import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import type { AnalyserName, AnalysisProvider } from '#contracts';
import { CONFIG, REDIS, STORAGE, type Storage } from '#platform';
import type { Analyser } from './analyser';
import { type AdapterParts, registry } from './index';

type Make<N extends AnalyserName> = (config: Config, parts: AdapterParts) => Analyser<N>;

/** The adapters of this process, each made when it is first needed. */
@Injectable()
export class Adapters implements BeforeApplicationShutdown {
  private readonly made = new Map<string, Analyser<AnalyserName>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Returns null for a provider that this version does not have. */
  of<N extends AnalyserName>(name: N, provider: AnalysisProvider): Analyser<N> | null {
    const key = `${name} ${provider}`;
    const known = this.made.get(key);
    if (known) return known as Analyser<N>;
    const make = (registry[name] as Partial<Record<AnalysisProvider, Make<N>>>)[provider];
    if (!make) return null;
    const adapter = make(this.config, { redis: this.redis, storage: this.storage });
    this.made.set(key, adapter as Analyser<AnalyserName>);
    return adapter;
  }

  /** Returns the adapter that the configuration names; null where the analyser is off. */
  configured<N extends AnalyserName>(name: N): Analyser<N> | null {
    const provider = this.config.analyse[name];
    return provider === 'off' ? null : this.of(name, provider);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.made.values()].map((adapter) => adapter.close?.()));
  }
}
