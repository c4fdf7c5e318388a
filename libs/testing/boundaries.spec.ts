import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findViolations } from './boundaries';

const root = join(__dirname, '..', '..');

describe('the boundaries between folders', () => {
  it('hold in the whole repository', () => {
    const paths = globSync(['libs/**/*.ts', 'services/**/*.ts', 'deploy/**/*.ts', 'tests/**/*.ts'], {
      cwd: root,
      exclude: ['libs/testing/boundaries.spec.ts', 'deploy/aws/cdk/node_modules/**'],
    }); // contains examples of violations
    expect(paths.length).toBeGreaterThan(100);
    expect(findViolations(paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })))).toEqual([]);
  });

  it.each([
    ['libs/contracts/a.ts', "import { loadConfig } from '#config';"],
    ['libs/platform/a.ts', "import { MediaRepository } from '#media';"],
    ['libs/nest/a.ts', "export { toMedia } from '#media';"],
    ['libs/media/a.ts', "import { ProblemError } from '#nest';"],
    ['services/worker/a.ts', "import { UploadService } from '../media/upload/upload.service';"],
    ['services/auth/a.ts', "import { startRedis } from '#testing';"],
    ['services/web/src/a.ts', "import { problems } from '#contracts';"],
    ['services/media/a.ts', "import { Queue } from 'bullmq';"],
    ['services/media/a.ts', "const { SNSClient } = await import('@aws-sdk/client-sns');"],
    ['libs/media/a.ts', "import sharp from 'sharp';"],
    ['services/worker/analysers/a.ts', "import * as tf from '@tensorflow/tfjs';"],
    ['services/media/a.ts', 'const port = process.env.PORT;'],
    ['services/media/a.ts', "this.dynamo.queryAll<MediaKey>('media', {"],
    ['services/media/a.ts', "import { Files } from '../../tests/faults/files';"],
  ])('reject %s: %s', (path, text) => {
    expect(findViolations([{ path, text }])).toHaveLength(1);
  });

  it.each([
    ['services/web/src/a.ts', "import type { Media } from '#contracts';"],
    ['services/web/src/a.ts', "import { formats } from '../../../libs/contracts/formats';"],
    ['services/standalone/a.ts', "import { AuthModule } from '../auth/auth.module';"],
    ['libs/media/a.ts', "this.dynamo.get('media', key)"],
    ['libs/media/a.spec.ts', "import { startRedis } from '#testing';"],
    ['libs/platform/a.ts', "import { Queue } from 'bullmq';"],
    ['tests/system/a.system.spec.ts', "import { Lease } from '../../services/worker/lease';"],
  ])('allow %s: %s', (path, text) => {
    expect(findViolations([{ path, text }])).toEqual([]);
  });
});
