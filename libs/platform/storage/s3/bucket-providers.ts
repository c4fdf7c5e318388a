import type { Config } from '#config';
import { BucketEvents } from './bucket-events';
import { InboxObjects } from './inbox-objects';
import { PresignedUploads } from './presigned-uploads';

/** `PresignedUploads`, or null where storage is a disk. */
export const PRESIGNED_UPLOADS = Symbol('PresignedUploads');
/** `InboxObjects`, or null where storage is a disk. */
export const INBOX_OBJECTS = Symbol('InboxObjects');
/** `BucketEvents`, or null where no queue of them is configured. */
export const BUCKET_EVENTS = Symbol('BucketEvents');

/** The providers of what exists in S3 only. */
export function bucketProviders({ s3Bucket: bucket, s3EventsQueueUrl: queueUrl, region }: Config) {
  return [
    { provide: PRESIGNED_UPLOADS, useFactory: () => (bucket ? PresignedUploads.connect({ bucket, region }) : null) },
    { provide: INBOX_OBJECTS, useFactory: () => (bucket ? InboxObjects.connect({ bucket, region }) : null) },
    {
      provide: BUCKET_EVENTS,
      useFactory: () => (bucket && queueUrl ? BucketEvents.connect({ queueUrl, region }) : null),
    },
  ];
}
