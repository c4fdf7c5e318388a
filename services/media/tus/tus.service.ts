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
import { UploadCompletion } from './completion';
import { partsKey } from './partial-uploads';
import { RequestStores, UploadLocker, type RequestStore } from './request-store';
import { checksumAlgorithms, detailsOf, parseChecksum, requestBody, tusProblem } from './tus-protocol';

/** How long a request that holds an upload gets to keep what it has read, when another one wants it. */
const LET_GO_MS = 500;
const VERSION = '1.0.0';
const MEDIA_ID = 'Snapstream-Media-Id';
/** No further byte can make these uploads right. */
const FINAL: ReadonlySet<ProblemCode> = new Set([
  'unsupported_media_type',
  'quota_exceeded',
  'empty_file',
  'unauthenticated',
]);

/** tus 1.0.0 (https://tus.io/protocols/resumable-upload), in the ground rules of the API. */
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

  /** Answers one request of tus. `isNew`: `key` is what the upload will have. @throws {ProblemError} and what dependencies throw */
  async handle(key: MediaKey, isNew: boolean, req: Request, res: Response): Promise<void> {
    res.setHeader('Tus-Resumable', VERSION);
    assertProtocol(req);
    const store = this.stores.open(key, parseChecksum(req.get('upload-checksum')));
    const body = requestBody(req, this.config.uploadIdleSeconds * 1_000);
    try {
      const answer = await this.ask(key, store, req, body.bytes);
      if (body.stalled()) throw new ProblemError('upload_stalled', { headers: { Connection: 'close' } });
      if (isNew && !req.complete) await this.completion.giveUp(key, store.upload?.size); // nobody will ever learn its address
      await send(answer, res);
    } catch (error) {
      const givenUp =
        store.upload && !store.finished && (isNew || isFinal(error))
          ? this.completion.giveUp(key, store.upload.size)
          : null;
      if (!(error instanceof DependencyUnavailableError)) await givenUp; // else the client has waited long enough
      throw error;
    } finally {
      body.release();
    }
  }

  /** What tus answers, when it is no refusal. */
  private async ask(key: MediaKey, store: RequestStore, req: Request, bytes: Readable): Promise<globalThis.Response> {
    let failure: unknown;
    const server = new Server({
      path: api.uploads.create.path,
      datastore: store,
      locker: this.locker,
      lockDrainTimeout: LET_GO_MS,
      maxSize: this.config.maxUploadBytes,
      disableTerminationForFinishedUploads: true,
      namingFunction: () => partsKey(key),
      getFileIdFromRequest: () => partsKey(key),
      generateUrl: () => `${api.uploads.create.path}/${key.id}`,
      onUploadCreate: (_request, upload) => this.begin(key, upload, store),
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
    const answer = await server.handleWeb(asWebRequest(req, bytes));
    if (answer.status >= 400) throw await tusProblem(failure, answer);
    if (req.method === 'HEAD' && store.upload?.offset === store.upload?.size)
      answer.headers.set(MEDIA_ID, await this.finish(key, store.upload!, store));
    if (req.method === 'DELETE') await this.completion.giveUp(key, store.upload?.size);
    if (req.method === 'OPTIONS') answer.headers.set('Tus-Checksum-Algorithm', checksumAlgorithms.join(','));
    return answer;
  }

  private async begin(key: MediaKey, upload: Upload, store: RequestStore): Promise<{ metadata?: Upload['metadata'] }> {
    detailsOf(upload);
    if (!upload.size) throw new ProblemError('empty_file');
    await store.assertRoomFor(upload.size);
    store.upload = upload; // before: the table may take the reservation and not be heard
    await this.quota.reserve(key, upload.size);
    return {};
  }

  private async finish(key: MediaKey, upload: Upload, { examined }: RequestStore): Promise<string> {
    const { mediaId } = await this.locker.alone(partsKey(key), () => this.completion.finish(key, upload, examined));
    return mediaId;
  }

  private async finishAtOnce(key: MediaKey, upload: Upload, store: RequestStore): Promise<string> {
    store.upload = null; // from here on it is the completion that leaves nothing of it
    store.finished = await this.completion.finishAtOnce(key, upload, store.examined);
    return store.finished.mediaId;
  }
}

const isFinal = (error: unknown) => error instanceof ProblemError && FINAL.has(error.code);

/** What tus' server would call malformed, although the protocol has a status for it. @throws {ProblemError} unsupported_tus_version, unsupported_media_type */
function assertProtocol(req: Request): void {
  if (req.method !== 'OPTIONS' && req.get('tus-resumable') !== VERSION)
    throw new ProblemError('unsupported_tus_version', { headers: { 'Tus-Version': VERSION } });
  const { consumes } = api.uploads.append;
  const bringsBytes =
    req.method === 'PATCH' ||
    (req.method === 'POST' && (Number(req.get('content-length')) > 0 || req.get('transfer-encoding') !== undefined));
  if (bringsBytes && req.get('content-type') !== consumes)
    throw new ProblemError('unsupported_media_type', { detail: `Send the bytes with content type ${consumes}.` });
}

/** With the headers alone that tus reads: proxies' own are not its matter. */
function asWebRequest(req: Request, bytes: Readable): globalThis.Request {
  const takesBytes = req.method === 'PATCH' || req.method === 'POST';
  const headers = Object.entries(req.headers).filter(([name]) => /^(?:tus-|upload-|content-)/.test(name));
  return new Request(`http://localhost${req.originalUrl}`, {
    method: req.method,
    headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
    ...(takesBytes && { body: Readable.toWeb(bytes) as ReadableStream, duplex: 'half' }),
  });
}

async function send(answer: globalThis.Response, res: Response): Promise<void> {
  const mediaId = answer.headers.get(MEDIA_ID);
  if (mediaId) res.locals.mediaId = mediaId;
  for (const [name, value] of answer.headers) if (!name.startsWith('access-control-')) res.setHeader(name, value);
  res.status(answer.status).end();
}
