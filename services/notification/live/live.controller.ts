import { Controller, Inject, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { api } from '#contracts';
import { Authentication, CurrentUser, Endpoint, SessionEvents, ShutdownSignal, type SessionUser } from '#nest';
import { CONFIG, LiveFeed, LiveSubscriptions, requireRedisUrl } from '#platform';
import { EventStream } from './event-stream';

const SESSION_CHECK_MS = 60_000;
/** In each process; a browser needs one. */
const STREAMS_PER_USER = 20;

/** Streams of server-sent events (HTML Living Standard, section 9.2). */
@Controller()
export class LiveController implements OnModuleDestroy {
  private readonly subscriptions: LiveSubscriptions;
  private readonly open = new Set<EventStream>();

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly feed: LiveFeed,
    private readonly authentication: Authentication,
    sessionEvents: SessionEvents,
    shutdown: ShutdownSignal,
  ) {
    this.subscriptions = new LiveSubscriptions(requireRedisUrl(config), config.tablePrefix);
    // events that were sent while Redis was disconnected are lost: pages reconnect with their Last-Event-ID
    this.subscriptions.onGap(() => this.closeAll());
    sessionEvents.onSessionEnded(({ sessionId }) => this.closeAll(({ user }) => user.sessionId === sessionId));
    shutdown.onStopping(() => this.closeAll());
  }

  @Endpoint(api.notifications.events)
  async events(@CurrentUser() user: SessionUser, @Req() req: Request, @Res() res: Response): Promise<void> {
    const stream = new EventStream(res, user);
    if (stream.ended.aborted) return;
    const { ready, stop } = this.subscriptions.listen(user.id, (event) => stream.send(event));
    const check = setInterval(() => void this.endWithSession(stream), SESSION_CHECK_MS);
    this.open.add(stream);
    stream.ended.addEventListener('abort', () => {
      clearInterval(check);
      stop();
      this.open.delete(stream);
    });
    this.endOldest(user);
    await ready;
    const lastEventId = req.get('last-event-id');
    stream.begin(lastEventId ? await this.feed.since(user.id, lastEventId) : []);
  }

  onModuleDestroy(): void {
    this.closeAll();
    this.subscriptions.close();
  }

  /** For sessions that ended while Redis was unavailable. */
  private async endWithSession(stream: EventStream): Promise<void> {
    const isValid = await this.authentication.isAlive(stream.user).catch(() => true);
    if (!isValid) stream.close();
  }

  /**
   * Closes the oldest streams above the limit, so that a browser can reconnect while its last stream still seems open.
   */
  private endOldest({ id }: SessionUser): void {
    const streams = [...this.open].filter(({ user }) => user.id === id);
    for (const stream of streams.slice(0, -STREAMS_PER_USER)) stream.close();
  }

  private closeAll(matches: (stream: EventStream) => boolean = () => true): void {
    for (const stream of [...this.open].filter(matches)) stream.close();
  }
}
