import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { Backup } from './backup';
import { Doctor } from './doctor';
import { Rebuild } from './rebuild';
import { Restore } from './restore';

/** The operator's tools. */
@Module({ imports: [MediaModule], providers: [Doctor, Rebuild, Backup, Restore] })
export class DoctorModule {}
