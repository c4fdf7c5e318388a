import { Controller, Param } from '@nestjs/common';
import {
  api,
  type AdminMediaList,
  type AdminMediaQuery,
  type AdminOverview,
  type AdminQueue,
  type AdminQueueList,
  type AdminRetryRequest,
  type AdminRetryResponse,
  type CanaryView,
} from '#contracts';
import { CurrentAdmin, Endpoint, ZodBody, ZodQuery, type Actor } from '#nest';
import { CanaryRuns } from './canary-runs';
import { MediaAdminService } from './media-admin.service';
import { OverviewService } from './overview.service';
import { QueuesAdminService } from './queues-admin.service';

/** Overview, media and queues of the installation. Only admins reach it: see `requireUser` in libs/nest. */
@Controller()
export class MediaAdminController {
  constructor(
    private readonly installation: OverviewService,
    private readonly allMedia: MediaAdminService,
    private readonly allQueues: QueuesAdminService,
    private readonly canaryRuns: CanaryRuns,
  ) {}

  @Endpoint(api.admin.overview)
  overview(): Promise<AdminOverview> {
    return this.installation.read();
  }

  @Endpoint(api.admin.media)
  media(@ZodQuery(api.admin.media.query) query: AdminMediaQuery): Promise<AdminMediaList> {
    return this.allMedia.list(query);
  }

  @Endpoint(api.admin.retryMedia)
  retry(
    @CurrentAdmin() admin: Actor,
    @ZodBody(api.admin.retryMedia.body) request: AdminRetryRequest,
  ): Promise<AdminRetryResponse> {
    return this.allMedia.retry(admin, request);
  }

  @Endpoint(api.admin.queues)
  async queues(): Promise<AdminQueueList> {
    return { items: await this.allQueues.list() };
  }

  @Endpoint(api.admin.canary)
  canary(@CurrentAdmin() admin: Actor): Promise<CanaryView> {
    return this.canaryRuns.start(admin);
  }

  @Endpoint(api.admin.pauseQueue)
  pause(@CurrentAdmin() admin: Actor, @Param('name') name: string): Promise<AdminQueue> {
    return this.allQueues.setPaused(admin, name, true);
  }

  @Endpoint(api.admin.resumeQueue)
  resume(@CurrentAdmin() admin: Actor, @Param('name') name: string): Promise<AdminQueue> {
    return this.allQueues.setPaused(admin, name, false);
  }
}
