import { join } from 'node:path';
import type { AwsAccess, Config } from '#config';
import { DiskReserve } from './disk-reserve';
import { S3Storage } from './s3/storage.s3';
import type { Storage } from './storage';
import { LocalStorage } from './storage.local';

/** Returns the storage that the settings name. `access`: of an installation that is not that of this process. */
export function connectStorage(config: Config, reserve = new DiskReserve(config.dataDir), access?: AwsAccess): Storage {
  if (!config.s3Bucket) return new LocalStorage(config.dataDir, reserve);
  return S3Storage.connect({
    bucket: config.s3Bucket,
    region: config.region,
    workDir: join(config.dataDir, 'work'),
    reserve,
    ...(access && { access }),
  });
}
