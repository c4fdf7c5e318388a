import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { connectRedis } from '#platform';

export interface SessionEnded {
  userId: string;
  /** The public id. */
  sessionId: string;
}

export const endedChannel = (prefix: string) => `${prefix}sessions:ended`;

/** Notifies this process of ended sessions, whichever process ended them (Redis pub/sub). */
export class SessionEvents implements OnApplicationShutdown {
  private readonly listeners = new Set<(ended: SessionEnded) => void>();
  private redis: Redis | null = null;

  constructor(
    private readonly redisUrl: string,
    private readonly prefix: string,
  ) {}

  /**
   * Sessions that end while Redis is unavailable are not reported, so holders of open streams must also poll
   * `Sessions.isAlive`.
   * @returns a function that removes the listener
   */
  onSessionEnded(listener: (ended: SessionEnded) => void): () => void {
    this.redis ??= this.subscribe();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  private subscribe(): Redis {
    const redis = connectRedis(this.redisUrl, 'waiting');
    // rejects only when the connection is closed permanently
    void redis.subscribe(endedChannel(this.prefix)).catch(() => {});
    redis.on('message', (_channel, message) => {
      const ended = JSON.parse(message) as SessionEnded;
      for (const listener of this.listeners) listener(ended);
    });
    return redis;
  }
}
