import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { Config } from '#config';
import { isHeic, unsupportedDetail, type MediaKind } from '#contracts';
import { foreignFormatName, sniff } from '#media';
import { ProblemError } from '#nest';

const HEIC_REFUSED = 'HEIC is not supported. Convert the picture to JPG, then upload that.';

/** Enough for every signature, also after the padding that some encoders write first. */
export const HEAD_BYTES = 64 * 1024;

export interface InspectedUpload {
  sizeBytes: number;
  sha256: string;
  contentType: string;
  kind: MediaKind;
}

/**
 * Passes the bytes of an upload through: counts them against the limit, hashes them, and sniffs the type from the first
 * ones; no byte is passed on before the type is known. Fails with `file_too_large`, `empty_file` or
 * `unsupported_media_type`. `totalBytes`: the declared length of a file that comes in several requests; a first part
 * too short to sniff is passed on without a type.
 */
export class UploadInspector extends Transform {
  private readonly hash = createHash('sha256');
  private sizeBytes = 0;
  private buffered: Buffer[] = [];
  private type: { contentType: string; kind: MediaKind } | undefined;

  constructor(
    private readonly config: Pick<Config, 'maxUploadBytes' | 'acceptsHeic'>,
    private readonly totalBytes = 0,
  ) {
    super();
  }

  /** To be called after the stream has ended. */
  result(): InspectedUpload {
    if (!this.type) throw new Error('Expected the upload to have ended, but it has not');
    return { sizeBytes: this.sizeBytes, sha256: this.hash.digest('hex'), ...this.type };
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sizeBytes += chunk.length;
    const { maxUploadBytes } = this.config;
    if (this.sizeBytes > maxUploadBytes)
      return done(
        new ProblemError('file_too_large', {
          detail: `The file is larger than the ${maxUploadBytes} bytes that this server accepts. Choose a smaller one.`,
        }),
      );
    this.hash.update(chunk);
    if (this.type) return done(null, chunk);
    this.buffered.push(chunk);
    if (this.sizeBytes < HEAD_BYTES) return done();
    this.decide(done);
  }

  override _flush(done: TransformCallback): void {
    if (this.type) return done();
    if (this.sizeBytes < this.totalBytes) return done(null, Buffer.concat(this.buffered));
    if (this.sizeBytes === 0) return done(new ProblemError('empty_file'));
    this.decide(done);
  }

  private decide(done: TransformCallback): void {
    const head = Buffer.concat(this.buffered);
    this.buffered = [];
    sniff(head)
      .then(async (type) => {
        if (!type || this.isRefused(type)) throw new ProblemError('unsupported_media_type', await this.reason(head));
        this.type = type;
      })
      .then(() => done(null, head), done);
  }

  /** Whether the type is one that operators have switched off. */
  private isRefused({ contentType }: { contentType: string }): boolean {
    return contentType === 'image/heic' && !this.config.acceptsHeic;
  }

  private async reason(head: Buffer): Promise<{ detail: string }> {
    const { acceptsHeic } = this.config;
    if (!acceptsHeic && isHeic(head)) return { detail: HEIC_REFUSED };
    return { detail: unsupportedDetail(acceptsHeic, await foreignFormatName(head)) };
  }
}
