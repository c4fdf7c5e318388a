import { Controller } from '@nestjs/common';
import {
  api,
  type BatchRequest,
  type BatchResponse,
  type Media,
  type MediaActivity,
  type MediaList,
  type MediaListQuery,
  type MediaStats,
  type UpdateMediaRequest,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ZodBody, ZodQuery, type SessionUser } from '#nest';
import { LibraryActions } from './library.actions';
import { LibraryBatch } from './library.batch';
import { LibraryReader, LibraryStats } from './library.reader';

@Controller()
export class LibraryController {
  constructor(
    private readonly library: LibraryReader,
    private readonly statistics: LibraryStats,
    private readonly actions: LibraryActions,
    private readonly batches: LibraryBatch,
  ) {}

  @Endpoint(api.media.list)
  list(@CurrentUser() user: SessionUser, @ZodQuery(api.media.list.query) query: MediaListQuery): Promise<MediaList> {
    return this.library.list(user.id, query);
  }

  @Endpoint(api.media.stats)
  stats(@CurrentUser() user: SessionUser): Promise<MediaStats> {
    return this.statistics.stats(user.id);
  }

  @Endpoint(api.media.activity)
  activity(@CurrentUser() user: SessionUser): Promise<MediaActivity> {
    return this.statistics.activity(user.id);
  }

  @Endpoint(api.media.batch)
  batch(@CurrentUser() user: SessionUser, @ZodBody(api.media.batch.body) body: BatchRequest): Promise<BatchResponse> {
    return this.batches.apply(user.id, body);
  }

  @Endpoint(api.media.get)
  get(@CurrentUser() user: SessionUser, @Id() id: string): Promise<Media> {
    return this.library.show({ userId: user.id, id });
  }

  @Endpoint(api.media.update)
  update(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodBody(api.media.update.body) body: UpdateMediaRequest,
  ): Promise<Media> {
    return this.actions.update({ userId: user.id, id }, body);
  }

  @Endpoint(api.media.retry)
  retry(@CurrentUser() user: SessionUser, @Id() id: string): Promise<Media> {
    return this.actions.retry({ userId: user.id, id });
  }

  @Endpoint(api.media.remove)
  remove(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    return this.actions.remove({ userId: user.id, id });
  }
}
