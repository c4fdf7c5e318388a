import { Canary, CanaryLeftovers } from './canary';
import { CanaryRuns } from './canary-runs';
import { ChannelHealth } from './channel-health';
import { DirectoryCompletion } from './directory-completion';
import { MediaAdminService } from './media-admin.service';
import { OverviewService } from './overview.service';
import { QueuesAdminService } from './queues-admin.service';
import { InstallationTotals } from './totals';

/** Everything of the admin area that the media service runs. */
export const adminProviders = [
  MediaAdminService,
  QueuesAdminService,
  OverviewService,
  InstallationTotals,
  ChannelHealth,
  Canary,
  CanaryLeftovers,
  CanaryRuns,
  DirectoryCompletion,
];
