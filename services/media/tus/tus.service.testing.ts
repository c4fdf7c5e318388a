import { PassThrough } from 'node:stream';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { DiskReserve, type HeldLock, type Locks } from '#platform';
import { diskTusStore } from '../../../libs/platform/storage/tus-store';
import type { QuotaReservation } from '../upload/quota';
import type { UploadCompletion } from './completion';
import type { FinishedUpload, FinishedUploads } from './partial-uploads';
import { RequestStores } from './request-store';
import { TusService } from './tus.service';

export const key = { userId: 'ann', id: '01M85RCK9PSEEFBXB6DHHENWYH' };

/** `cut`: the connection closes after these bytes. `missing`: it stays open, and no more bytes arrive. */
type BodyEnd = 'complete' | 'cut' | 'missing';

/** The service with tus' own server and store on a temporary folder; `steps` are the calls of its ports. */
export class TusTester {
  readonly steps: string[] = [];
  /** The upload has become this medium. */
  finished: FinishedUpload | null = null;
  readonly config: Config;
  readonly completion: Pick<UploadCompletion, 'finish' | 'finishAtOnce' | 'discard'> = {
    finish: async () => this.finish('finish'),
    finishAtOnce: async (_key, _upload, inspected) => this.finish(`finish at once, ${inspected?.contentType}`),
    discard: async (_key, sizeBytes) => void this.steps.push(`discard ${sizeBytes}`),
  };
  readonly quota: Pick<QuotaReservation, 'reserve'> = {
    reserve: async (_key, sizeBytes) => void this.steps.push(`reserve ${sizeBytes}`),
  };
  private readonly tus: TusService;

  constructor(root: string, reserveBytes = 0) {
    this.config = { maxUploadBytes: 1_000, uploadIdleSeconds: 60, dataDir: root } as Config;
    const reserve = new DiskReserve(root, reserveBytes);
    const records: Pick<FinishedUploads, 'find'> = { find: async () => this.finished };
    const locks: Pick<Locks, 'acquire'> = {
      acquire: async (): Promise<HeldLock> => ({ lost: new AbortController().signal, release: async () => {} }),
    };
    this.tus = new TusService(
      this.config,
      new RequestStores(diskTusStore(root, 60_000, reserve), this.config, reserve, records as FinishedUploads),
      this.completion as UploadCompletion,
      this.quota as QuotaReservation,
      locks as Locks,
    );
  }

  /** Sends a request about the upload `key`. Resolves to the response, and rejects with the problem. */
  async send(method: string, headers: Record<string, string> = {}, body?: Buffer, end: BodyEnd = 'complete') {
    const bodyHeaders = body && {
      'content-type': 'application/offset+octet-stream',
      'content-length': `${body.length}`,
    };
    const all: Record<string, string> = { 'tus-resumable': '1.0.0', ...bodyHeaders, ...headers };
    const originalUrl = `/api/uploads${method === 'POST' ? '' : `/${key.id}`}`;
    const get = (name: string) => all[name];
    const complete = end === 'complete';
    const req = Object.assign(new PassThrough(), { method, originalUrl, headers: all, get, complete });
    if (end === 'missing') req.write(body);
    else req.end(body);
    const response = { status: 0, headers: {} as Record<string, string>, locals: {} as Record<string, unknown> };
    const res = {
      locals: response.locals,
      setHeader: (name: string, value: string) => (response.headers[name.toLowerCase()] = value),
      status: (status: number) => Object.assign(response, { status }) && res,
      end: () => {},
    };
    await this.tus.handle(key, method === 'POST', req as unknown as Request, res as unknown as Response);
    return response;
  }

  private finish(step: string): FinishedUpload {
    this.steps.push(step);
    return { mediaId: key.id, sizeBytes: 100 };
  }
}
