import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** A reader that pauses keeps its connection: the SDK's 50 would let readers starve uploads. */
const agent = { maxSockets: 500 };

/** The endpoint is the SDK's own matter (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`). */
export const s3ClientConfig = (region: string) =>
  ({
    region,
    forcePathStyle: true, // understood by S3 and, unlike bucket names in the host, by every look-alike
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000, httpAgent: agent, httpsAgent: agent },
  }) satisfies S3ClientConfig;
