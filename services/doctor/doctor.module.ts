import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { Backup } from './backup';
import { Doctor } from './doctor';
import { Rebuild } from './rebuild';
import { Restore } from './restore';

/** What an operator can do with an installation from outside. */
@Module({ imports: [MediaModule], providers: [Doctor, Rebuild, Backup, Restore] })
export class DoctorModule {}
