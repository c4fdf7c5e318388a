import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { asPortError, NoResponseError, storeDeadlineMs } from './s3-client';

/**
 * Two parts in flight and one being filled: an upload uses about 32 MiB of memory at any size (10 000 parts, 78 GiB).
 */
const PART_BYTES = 8 * 1024 ** 2;
const PARTS_IN_FLIGHT = 2;
const CLEANUP_DEADLINE_MS = 2_000;

/**
 * Streams into one object: a PUT when it fits in a part, otherwise a multipart upload.
 * The first failure (the source, a part, the caller's signal, no response after the last byte) stops the rest at once,
 * and the multipart upload is aborted.
 * An ambiguous upload, whose last response was lost, may exist nevertheless, as may parts of a killed process: the
 * bucket's lifecycle rule for incomplete uploads and the sweep of objects without an item remove them.
 */
export async function uploadStream(
  client: S3Client,
  object: { Bucket: string; Key: string; ContentType?: string },
  source: Readable,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number }> {
  const failure = new AbortController();
  const fail = (error: unknown) => failure.abort(error); // only the first reason counts
  const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const timedOut = Promise.withResolvers<void>();
  let deadline: NodeJS.Timeout | undefined;
  let sizeBytes = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      deadline = setTimeout(
        () => timedOut.resolve(fail(asPortError(new NoResponseError(), object.Key))),
        storeDeadlineMs(sizeBytes),
      );
      done();
    },
  });
  body.once('error', fail);
  pipeline(source, body, { signal: stop }).catch(fail); // not awaited: a source may hang while it is destroyed
  const upload = new Upload({
    client: cancellable(client, stop, (error) => fail(asPortError(error, object.Key))),
    params: { ...object, Body: body },
    partSize: PART_BYTES,
    queueSize: PARTS_IN_FLIGHT,
  });
  await Promise.race([upload.done().catch(fail), timedOut.promise]); // on a timeout the abort is not awaited
  clearTimeout(deadline);
  if (!failure.signal.aborted) return { sizeBytes };
  throw signal?.aborted ? signal.reason : failure.signal.reason;
}

/**
 * `Upload` neither cancels requests in flight nor stops its other parts when one fails; only AbortMultipartUpload must
 * still be sent.
 */
function cancellable(client: S3Client, signal: AbortSignal, onFailure: (error: unknown) => void): S3Client {
  const send = async (command: Parameters<S3Client['send']>[0]) => {
    const abortSignal =
      command instanceof AbortMultipartUploadCommand ? AbortSignal.timeout(CLEANUP_DEADLINE_MS) : signal;
    try {
      return await client.send(command, { abortSignal });
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
  return Object.create(client, { send: { value: send } }) as S3Client;
}
