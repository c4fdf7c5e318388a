import { runService } from '#nest';
import { MediaServiceModule } from './media-service.module';

void runService({ name: 'media', module: () => MediaServiceModule });
