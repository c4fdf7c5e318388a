import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { connectRedis } from '#platform';

export interface SessionEnded {
  userId: string;
  /** The public id. */
  sessionId: string;
}

export const endedChannel = (prefix: string) => `${prefix}sessions:ended`;

/** Tells this process which sessions ended, whichever process ended them. */
export class SessionEvents implements OnApplicationShutdown {
  private readonly listeners = new Set<(ended: SessionEnded) => void>();
  private redis: Redis | null = null;

  constructor(
    private readonly redisUrl: string,
    private readonly prefix: string,
  ) {}

  /**
   * What ended while Redis was away is not reported: who holds a stream open asks `Sessions.isAlive` now and then, too.
   * @returns a function that takes the listener off again.
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
    void redis.subscribe(endedChannel(this.prefix)).catch(() => {}); // rejects only when the connection is closed for good
    redis.on('message', (_channel, message) => {
      const ended = JSON.parse(message) as SessionEnded;
      for (const listener of this.listeners) listener(ended);
    });
    return redis;
  }
}
