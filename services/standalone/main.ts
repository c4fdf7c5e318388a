import { runService } from '#nest';
import { StandaloneModule } from './standalone.module';

void runService({ name: 'api', module: () => StandaloneModule });
