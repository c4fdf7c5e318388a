import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Server, type Upload } from '@tus/server';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { api, type ProblemCode } from '#contracts';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG, DependencyUnavailableError, Locks } from '#platform';
import { QuotaReservation } from '../upload/quota';
import { UploadCompletion, type ReceivedUpload } from './completion';
import { partsKey } from './partial-uploads';
import { RequestStores, UploadLocker, type RequestStore } from './request-store';
import { checksumAlgorithms, parseDetails, parseChecksum, requestBody, tusProblem } from './tus-protocol';

/**
 * How long the holder of an upload's lock may take to store the bytes it has read when another request asks for the
 * lock.
 */
const LOCK_DRAIN_MS = 500;
const VERSION = '1.0.0';
const MEDIA_ID = 'Snapstream-Media-Id';
/** Errors that no further byte and no retry can resolve: the upload is discarded. */
const FINAL: ReadonlySet<ProblemCode> = new Set([
  'unsupported_media_type',
  'quota_exceeded',
  'empty_file',
  'unauthenticated',
]);

/** tus 1.0.0 (https://tus.io/protocols/resumable-upload), with the sessions, problems and headers of the API. */
@Injectable()
export class TusService {
  private readonly locker: UploadLocker;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly stores: RequestStores,
    private readonly completion: UploadCompletion,
    private readonly quota: QuotaReservation,
    locks: Locks,
  ) {
    this.locker = new UploadLocker(locks);
  }

  /**
   * Handles one request. `isNew`: the request may create the upload, with `key`.
   * @throws {ProblemError}
   * @throws {DependencyUnavailableError}
   */
  async handle(key: MediaKey, isNew: boolean, req: Request, res: Response): Promise<void> {
    res.setHeader('Tus-Resumable', VERSION);
    assertProtocol(req);
    const store = this.stores.open(key, parseChecksum(req.get('upload-checksum')));
    const body = requestBody(req, this.config.uploadIdleSeconds * 1_000);
    try {
      const response = await this.respond(key, store, req, body.bytes);
      if (body.stalled()) throw new ProblemError('upload_stalled', { headers: { Connection: 'close' } });
      // the client will not get its URL
      if (isNew && !req.complete) await this.completion.discard(key, store.upload?.size);
      await send(response, res);
    } catch (error) {
      const discarded =
        store.upload && !store.finished && (isNew || isFinal(error))
          ? this.completion.discard(key, store.upload.size)
          : null;
      if (!(error instanceof DependencyUnavailableError)) await discarded; // else the client has waited long enough
      throw error;
    } finally {
      body.release();
    }
  }

  /** Returns the response of tus' server. @throws {ProblemError} for an error response */
  private async respond(
    key: MediaKey,
    store: RequestStore,
    req: Request,
    bytes: Readable,
  ): Promise<globalThis.Response> {
    let failure: unknown;
    const server = new Server({
      path: api.uploads.create.path,
      datastore: store,
      locker: this.locker,
      lockDrainTimeout: LOCK_DRAIN_MS,
      maxSize: this.config.maxUploadBytes,
      disableTerminationForFinishedUploads: true,
      namingFunction: () => partsKey(key),
      getFileIdFromRequest: () => partsKey(key),
      generateUrl: () => `${api.uploads.create.path}/${key.id}`,
      onUploadCreate: (_request, upload) => this.onCreate(key, upload, store),
      onUploadFinish: async (_request, upload) => ({
        headers: {
          [MEDIA_ID]: await (req.method === 'POST'
            ? this.finishAtOnce(key, upload, store)
            : this.finish(key, upload, store)),
        },
      }),
      onResponseError: (_request, error) => {
        failure = error;
        return undefined;
      },
    });
    const response = await server.handleWeb(toWebRequest(req, bytes));
    if (response.status >= 400) throw await tusProblem(failure, response);
    if (req.method === 'HEAD' && store.upload?.offset === store.upload?.size)
      response.headers.set(MEDIA_ID, await this.finish(key, store.upload!, store));
    if (req.method === 'DELETE') await this.completion.discard(key, store.upload?.size);
    if (req.method === 'OPTIONS') response.headers.set('Tus-Checksum-Algorithm', checksumAlgorithms.join(','));
    return response;
  }

  private async onCreate(
    key: MediaKey,
    upload: Upload,
    store: RequestStore,
  ): Promise<{ metadata?: Upload['metadata'] }> {
    parseDetails(upload);
    if (!upload.size) throw new ProblemError('empty_file');
    await store.assertSpaceFor(upload.size);
    store.upload = upload; // before the reservation, so that one whose response was lost is released as well
    await this.quota.reserve(key, upload.size);
    return {};
  }

  private async finish(key: MediaKey, upload: Upload, { inspected }: RequestStore): Promise<string> {
    const { mediaId } = await this.locker.runExclusive(partsKey(key), () =>
      this.completion.finish(key, received(key, upload), inspected),
    );
    return mediaId;
  }

  private async finishAtOnce(key: MediaKey, upload: Upload, store: RequestStore): Promise<string> {
    store.upload = null; // from here on the completion discards it on failure
    store.finished = await this.completion.finishAtOnce(key, received(key, upload), store.inspected);
    return store.finished.mediaId;
  }
}

const received = (key: MediaKey, upload: Upload): ReceivedUpload => ({
  bytesKey: partsKey(key),
  details: parseDetails(upload),
});
const isFinal = (error: unknown) => error instanceof ProblemError && FINAL.has(error.code);

/**
 * Checks the headers for which the protocol has a status of its own, while tus' server answers them with 400.
 * @throws {ProblemError} unsupported_tus_version, unsupported_media_type
 */
function assertProtocol(req: Request): void {
  if (req.method !== 'OPTIONS' && req.get('tus-resumable') !== VERSION)
    throw new ProblemError('unsupported_tus_version', { headers: { 'Tus-Version': VERSION } });
  const { consumes } = api.uploads.append;
  const hasBody =
    req.method === 'PATCH' ||
    (req.method === 'POST' && (Number(req.get('content-length')) > 0 || req.get('transfer-encoding') !== undefined));
  if (hasBody && req.get('content-type') !== consumes)
    throw new ProblemError('unsupported_media_type', { detail: `Send the bytes with content type ${consumes}.` });
}

/** Copies only the headers that tus reads: it must not evaluate those of proxies. */
function toWebRequest(req: Request, bytes: Readable): globalThis.Request {
  const mayHaveBody = req.method === 'PATCH' || req.method === 'POST';
  const headers = Object.entries(req.headers).filter(([name]) => /^(?:tus-|upload-|content-)/.test(name));
  return new Request(`http://localhost${req.originalUrl}`, {
    method: req.method,
    headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
    ...(mayHaveBody && { body: Readable.toWeb(bytes) as ReadableStream, duplex: 'half' }),
  });
}

async function send(response: globalThis.Response, res: Response): Promise<void> {
  const mediaId = response.headers.get(MEDIA_ID);
  if (mediaId) res.locals.mediaId = mediaId;
  for (const [name, value] of response.headers) if (!name.startsWith('access-control-')) res.setHeader(name, value);
  res.status(response.status).end();
}
