import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { MediaServiceModule } from '../media/media-service.module';
import { NotificationModule } from '../notification/notification.module';
import { WebModule } from './web.module';

/** All that answers requests, in one process, for `npm start`. The same modules that run apart elsewhere. */
@Module({ imports: [AuthModule, MediaServiceModule, NotificationModule, WebModule] })
export class StandaloneModule {}
