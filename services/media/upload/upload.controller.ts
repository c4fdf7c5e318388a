import { Controller, Inject, Logger, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { api, type Media, type UploadQuery } from '#contracts';
import { toMedia, type MediaKey } from '#media';
import { CurrentUser, Endpoint, ProblemError, ZodQuery, type SessionUser } from '#nest';
import { CONFIG, DependencyUnavailableError, newId } from '#platform';
import { Idempotency, type IdempotentRun } from './idempotency';
import { MULTIPART_OVERHEAD_BYTES, readForm } from './multipart';
import { Staging } from './staging';
import { type CommitResult, type UploadDetails, UploadService } from './upload.service';

type UploadOptions = Pick<UploadDetails, 'batchId' | 'onDuplicate'>;

@Controller()
export class UploadController {
  private readonly logger = new Logger(UploadController.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly staging: Staging,
    private readonly uploads: UploadService,
    private readonly idempotency: Idempotency,
  ) {}

  /** Answers 200 instead of 201 when the user has these bytes already and asked to reuse their medium. */
  @Endpoint(api.media.upload)
  async upload(
    @CurrentUser() user: SessionUser,
    @ZodQuery(api.media.upload.query) { onDuplicate }: UploadQuery,
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<Media> {
    if (Number(req.headers['content-length']) > this.config.maxUploadBytes + MULTIPART_OVERHEAD_BYTES)
      throw new ProblemError('file_too_large');
    const options = { batchId: headerText(req, 'snapstream-batch', 100), onDuplicate };
    const key = headerText(req, 'idempotency-key', 255);
    const { media, reused } = key
      ? await this.uploadIdempotent(user.id, key, options, req, res)
      : await this.receive({ userId: user.id, id: newId() }, options, req);
    res.locals.mediaId = media.id;
    if (reused) res.status(200);
    return media;
  }

  private async uploadIdempotent(
    userId: string,
    key: string,
    options: UploadOptions,
    req: Request,
    res: Response,
  ): Promise<CommitResult> {
    const begin = await this.idempotency.begin(userId, key);
    if (begin.outcome === 'new') return this.runOnce(begin.run, userId, options, req);
    const { file } = await readForm(
      req,
      this.idleMs,
      ({ stream }) => this.staging.inspect(stream),
      async () => {},
    );
    if (file.sha256 !== begin.item.sha256) throw new ProblemError('idempotency_key_reused');
    res.setHeader('Idempotency-Replayed', 'true');
    return { media: toMedia(begin.item), reused: false };
  }

  private async runOnce(
    run: IdempotentRun,
    userId: string,
    options: UploadOptions,
    req: Request,
  ): Promise<CommitResult> {
    const committed = await this.receive({ userId, id: run.mediaId }, options, req, () => run.revoke()).catch(
      async (error: unknown) => {
        const released = run.release().catch(() => {}); // if the table is unavailable, the lease of the key expires
        if (!(error instanceof DependencyUnavailableError)) await released;
        throw error;
      },
    );
    await run
      .complete()
      .catch((err: unknown) =>
        this.logger.warn({ err, mediaId: committed.media.id, msg: 'the idempotency key was not marked as done' }),
      );
    return committed;
  }

  private async receive(
    key: MediaKey,
    options: UploadOptions,
    req: Request,
    revoke?: () => Promise<boolean>,
  ): Promise<CommitResult> {
    await this.staging.assertSpaceFor(Number(req.headers['content-length'] ?? 0));
    const form = await this.uploads.receive(key, (stage) =>
      readForm(req, this.idleMs, stage, (staged) => this.staging.discard(staged)),
    );
    return this.uploads.commitOrDiscard(form.file, { filename: form.filename, title: form.title, ...options }, revoke);
  }

  private get idleMs(): number {
    return this.config.uploadIdleSeconds * 1_000;
  }
}

/** @throws {ProblemError} validation_failed when it is too long or not printable ASCII. */
function headerText(req: Request, name: string, maxLength: number): string | null {
  const value = req.get(name)?.trim();
  if (!value) return null;
  if (value.length <= maxLength && /^[\x20-\x7e]+$/.test(value)) return value;
  throw new ProblemError('validation_failed', {
    errors: [{ path: name, message: `Use at most ${maxLength} printable ASCII characters.` }],
  });
}
