import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { api, type DerivedKind, type VersionQuery } from '#contracts';
import { derivedFolder, originalKey, type MediaItem, type MediaKey } from '#media';
import { CurrentUser, Endpoint, Id, ProblemError, ZodQuery, type SessionUser } from '#nest';
import { STORAGE, type Storage } from '#platform';
import { LibraryReader } from '../library/library.reader';
import { downloadName } from './download-name';
import { sendObject } from './send-object';

/** Revalidated on each use, so that deleted files are not shown from a cache. */
const REVALIDATE = 'private, no-cache';
/** For an address that names the version. A week, since plain http has no way to clear the cache at logout. */
const IMMUTABLE = 'private, max-age=604800, immutable';

@Controller()
export class BytesController {
  constructor(
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly library: LibraryReader,
  ) {}

  @Endpoint(api.media.original)
  async original(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodQuery(api.media.original.query) query: { download?: string | undefined },
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.sendOriginal(await this.library.get({ userId: user.id, id }), query.download === '1', req, res);
  }

  @Endpoint(api.media.thumbnail)
  async thumbnail(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodQuery(api.media.thumbnail.query) { v }: VersionQuery,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.sendDerived('thumbnail', { userId: user.id, id }, req, res, v);
  }

  @Endpoint(api.media.preview)
  async preview(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.sendDerived('preview', { userId: user.id, id }, req, res);
  }

  @Endpoint(api.media.waveform)
  async waveform(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.sendDerived('waveform', { userId: user.id, id }, req, res);
  }

  private async sendOriginal(item: MediaItem, download: boolean, req: Request, res: Response): Promise<void> {
    const served = {
      key: originalKey(item),
      contentType: item.contentType,
      etag: `"${item.sha256 ?? item.id}"`,
      filename: downloadName(item),
      download,
      cacheControl: REVALIDATE,
    };
    await sendObject(this.storage, served, req, res);
  }

  private async sendDerived(
    kind: DerivedKind,
    owned: MediaKey,
    req: Request,
    res: Response,
    version?: string,
  ): Promise<void> {
    const item = await this.library.get(owned);
    const file = item.derived?.[kind];
    if (file === 'original') return this.sendOriginal(item, false, req, res);
    if (!file || !item.derivedToken) throw new ProblemError('not_ready');
    const key = `${derivedFolder(item.id, item.derivedToken)}${file.name}`;
    const served = {
      key,
      contentType: file.contentType,
      etag: `"${item.derivedToken}.${file.name}"`,
      filename: file.name,
      download: false,
      cacheControl: version === item.derivedToken ? IMMUTABLE : REVALIDATE,
    };
    await sendObject(this.storage, served, req, res);
  }
}
