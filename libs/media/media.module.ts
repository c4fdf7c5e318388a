import { Global, Module } from '@nestjs/common';
import { Dynamo, LiveFeed, Outbox, WorkLine } from '#platform';
import { MediaAnnouncer } from './media.announcer';
import { MediaCounters } from './media.counters';
import { MediaOutlook } from './media.outlook';
import { MediaRepository } from './media.repository';
import { WordIndex } from './word-index';

@Global()
@Module({
  providers: [
    { provide: MediaRepository, useFactory: (dynamo: Dynamo) => new MediaRepository(dynamo), inject: [Dynamo] },
    { provide: MediaCounters, useFactory: (dynamo: Dynamo) => new MediaCounters(dynamo), inject: [Dynamo] },
    { provide: WordIndex, useFactory: (dynamo: Dynamo) => new WordIndex(dynamo), inject: [Dynamo] },
    { provide: MediaOutlook, useFactory: (line: WorkLine) => new MediaOutlook(line), inject: [WorkLine] },
    { provide: MediaAnnouncer, useFactory: (outbox: Outbox, live: LiveFeed, outlook: MediaOutlook) => new MediaAnnouncer(outbox, live, outlook), inject: [Outbox, LiveFeed, MediaOutlook] },
  ],
  exports: [MediaRepository, MediaCounters, WordIndex, MediaOutlook, MediaAnnouncer],
})
export class MediaModule {}
