import { Controller, Inject, Logger, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Config } from '#config';
import { api, type Media } from '#contracts';
import { toMedia } from '#media';
import { CurrentUser, Endpoint, ProblemError, type SessionUser } from '#nest';
import { CONFIG, DependencyUnavailableError } from '#platform';
import { Idempotency, type IdempotentRun } from './idempotency';
import { MULTIPART_OVERHEAD_BYTES, readForm } from './multipart';
import { UploadService } from './upload.service';

@Controller()
export class UploadController {
  private readonly logger = new Logger(UploadController.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly uploads: UploadService,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint(api.media.upload)
  async upload(@CurrentUser() user: SessionUser, @Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<Media> {
    if (Number(req.headers['content-length']) > this.config.maxUploadBytes + MULTIPART_OVERHEAD_BYTES) throw new ProblemError('file_too_large');
    const batchId = headerText(req, 'snapstream-batch', 100);
    const key = headerText(req, 'idempotency-key', 255);
    const media = key ? await this.uploadOnce(user.id, key, batchId, req, res) : await this.receive(user.id, batchId, req);
    res.locals.mediaId = media.id;
    return media;
  }

  private async uploadOnce(userId: string, key: string, batchId: string | null, req: Request, res: Response): Promise<Media> {
    const begun = await this.idempotency.begin(userId, key);
    if (begun.outcome === 'new') return this.runOnce(begun.run, userId, batchId, req);
    const { file } = await readForm(req, this.idleMs, ({ stream }) => this.uploads.examine(stream), async () => {});
    if (file.sha256 !== begun.item.sha256) throw new ProblemError('idempotency_key_reused');
    res.setHeader('Idempotency-Replayed', 'true');
    return toMedia(begun.item);
  }

  private async runOnce(run: IdempotentRun, userId: string, batchId: string | null, req: Request): Promise<Media> {
    const media = await this.receive(userId, batchId, req, run.mediaId).catch(async (error: unknown) => {
      const freed = run.free().catch(() => {}); // where the table is away the key's lease ends by itself
      if (!(error instanceof DependencyUnavailableError)) await freed;
      throw error;
    });
    await run.done().catch((err: unknown) => this.logger.warn({ err, mediaId: media.id, msg: 'the idempotency key was not marked as done' }));
    return media;
  }

  private async receive(userId: string, batchId: string | null, req: Request, id?: string): Promise<Media> {
    const form = await readForm(
      req,
      this.idleMs,
      ({ stream }) => this.uploads.stage(userId, stream, id),
      (staged) => this.uploads.discard(staged),
    );
    return this.uploads.commit(form.file, { filename: form.filename, title: form.title, batchId });
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
  throw new ProblemError('validation_failed', { errors: [{ path: name, message: `Use at most ${maxLength} printable ASCII characters.` }] });
}
