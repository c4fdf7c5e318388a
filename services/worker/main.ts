import { runService } from '#nest';
import { WorkerModule } from './worker.module';

void runService({ name: 'worker', module: (config) => WorkerModule.forRoot(config), headless: true });
