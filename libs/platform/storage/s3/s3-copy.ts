import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { copyDeadlineMs } from './s3-client';

/**
 * CopyObject is limited to 5 GiB and takes long for large objects; UploadPartCopy responds soon and runs in parallel.
 */
const PART_BYTES = 256 * 1024 ** 2;
const PARTS_IN_FLIGHT = 8;

export interface S3Copy {
  bucket: string;
  from: string;
  to: string;
  sizeBytes: number;
  /** The ETag of the source, so that a replacement is not copied. */
  etag: string | undefined;
}

const within = (sizeBytes: number) => ({ abortSignal: AbortSignal.timeout(copyDeadlineMs(sizeBytes)) });

/** Copies an object of any size within its bucket, on the server side. Leaves nothing behind when it fails. */
export async function copyObject(client: S3Client, copy: S3Copy, partBytes = PART_BYTES): Promise<void> {
  const from = copy.from.split('/').map(encodeURIComponent).join('/');
  const source = { CopySource: `${copy.bucket}/${from}`, CopySourceIfMatch: copy.etag };
  if (copy.sizeBytes <= partBytes) {
    await client.send(new CopyObjectCommand({ Bucket: copy.bucket, Key: copy.to, ...source }), within(copy.sizeBytes));
    return;
  }
  const target = { Bucket: copy.bucket, Key: copy.to };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target), within(0));
  try {
    const Parts: CompletedPart[] = [];
    const starts = Array.from({ length: Math.ceil(copy.sizeBytes / partBytes) }, (_, index) => index * partBytes);
    const next = starts.entries();
    const worker = async () => {
      for (const [index, start] of next) {
        const CopySourceRange = `bytes=${start}-${Math.min(start + partBytes, copy.sizeBytes) - 1}`;
        const { CopyPartResult } = await client.send(
          new UploadPartCopyCommand({ ...target, ...source, UploadId, PartNumber: index + 1, CopySourceRange }),
          within(partBytes),
        );
        Parts[index] = { PartNumber: index + 1, ETag: CopyPartResult?.ETag };
      }
    };
    await Promise.all(Array.from({ length: PARTS_IN_FLIGHT }, worker));
    await client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
      within(copy.sizeBytes),
    );
  } catch (error) {
    const abort = new AbortMultipartUploadCommand({ ...target, UploadId });
    void client.send(abort, within(0)).catch(() => {}); // otherwise the bucket's lifecycle rule removes the parts
    throw error;
  }
}
