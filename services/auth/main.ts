import { runService } from '#nest';
import { AuthModule } from './auth.module';

void runService({ name: 'auth', module: () => AuthModule });
