import { Controller, Inject, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { api } from '#contracts';
import { CurrentUser, Endpoint, SessionEvents, Sessions, Stopping, type SessionUser } from '#nest';
import { CONFIG, LiveFeed, LiveSubscriptions, requireRedisUrl, type LiveEvent } from '#platform';
import { EventStream } from './event-stream';

const SESSION_CHECK_MS = 60_000;

/** One stream of server-sent events per page (HTML Living Standard, section 9.2). */
@Controller()
export class LiveController implements OnModuleDestroy {
  private readonly subscriptions: LiveSubscriptions;
  private readonly open = new Set<EventStream>();

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly feed: LiveFeed,
    private readonly sessions: Sessions,
    sessionEvents: SessionEvents,
    stopping: Stopping,
  ) {
    this.subscriptions = new LiveSubscriptions(requireRedisUrl(config), config.tablePrefix);
    // what was sent while the connection was lost did not arrive: pages come again with their Last-Event-ID
    this.subscriptions.onGap(() => this.closeAll());
    sessionEvents.onSessionEnded(({ sessionId }) => this.closeAll((stream) => stream.sessionId === sessionId));
    stopping.onStopping(() => this.closeAll());
  }

  @Endpoint(api.notifications.events)
  async events(@CurrentUser() user: SessionUser, @Req() req: Request, @Res() res: Response): Promise<void> {
    const early: LiveEvent[] = [];
    let deliver = (event: LiveEvent): unknown => early.push(event);
    const unsubscribe = await this.subscriptions.listen(user.id, (event) => deliver(event));
    const lastEventId = req.get('last-event-id') ?? '';
    const missed = lastEventId ? await this.feed.since(user.id, lastEventId).catch((error: unknown) => { unsubscribe(); throw error; }) : [];

    const stream = new EventStream(res, user.sessionId);
    this.open.add(stream);
    const check = setInterval(() => void this.endWithSession(stream, user), SESSION_CHECK_MS);
    res.once('close', () => {
      clearInterval(check);
      unsubscribe();
      this.open.delete(stream);
    });
    if (missed === null) stream.reset();
    const replayed = new Set(missed?.map(({ id }) => id));
    for (const event of [...(missed ?? []), ...early.filter(({ id }) => !id || !replayed.has(id))]) stream.send(event);
    deliver = (event) => stream.send(event);
  }

  onModuleDestroy(): void {
    this.closeAll();
    this.subscriptions.close();
  }

  /** For what ended while nobody could tell us. */
  private async endWithSession(stream: EventStream, user: SessionUser): Promise<void> {
    const alive = await this.sessions.isAlive(user.id, user.sessionId).catch(() => true);
    if (!alive) stream.close();
  }

  private closeAll(which: (stream: EventStream) => boolean = () => true): void {
    for (const stream of [...this.open].filter(which)) stream.close();
  }
}
