import { runHeadless } from '#nest';
import { WorkerModule } from './worker.module';

void runHeadless({ name: 'worker', module: () => WorkerModule });
