import { runService } from '#nest';
import { NotificationModule } from './notification.module';

void runService({ name: 'notification', module: () => NotificationModule });
