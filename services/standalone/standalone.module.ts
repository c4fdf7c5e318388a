import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { MediaServiceModule } from '../media/media-service.module';
import { NotificationModule } from '../notification/notification.module';
import { WebModule } from './web.module';

/** All services in one process, for `npm start`: the same modules that run as separate processes elsewhere. */
@Module({ imports: [AuthModule, MediaServiceModule, NotificationModule, WebModule] })
export class StandaloneModule {}
