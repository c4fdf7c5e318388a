import { Global, Module } from '@nestjs/common';
import { Dynamo, LiveFeed, Outbox } from '#platform';
import { MediaAnnouncer } from './media.announcer';
import { MediaCounters } from './media.counters';
import { MediaRepository } from './media.repository';

@Global()
@Module({
  providers: [
    { provide: MediaRepository, useFactory: (dynamo: Dynamo) => new MediaRepository(dynamo), inject: [Dynamo] },
    { provide: MediaCounters, useFactory: (dynamo: Dynamo) => new MediaCounters(dynamo), inject: [Dynamo] },
    { provide: MediaAnnouncer, useFactory: (outbox: Outbox, live: LiveFeed) => new MediaAnnouncer(outbox, live), inject: [Outbox, LiveFeed] },
  ],
  exports: [MediaRepository, MediaCounters, MediaAnnouncer],
})
export class MediaModule {}
