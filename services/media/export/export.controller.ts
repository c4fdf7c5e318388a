import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Controller, Req, Res } from '@nestjs/common';
import { makeZip } from 'client-zip';
import type { Request, Response } from 'express';
import { api } from '#contracts';
import { CurrentUser, Endpoint, sendTo, type SessionUser } from '#nest';
import { AccountExport } from './account-export';
import { LibraryExport } from './library-export';

@Controller()
export class ExportController {
  constructor(
    private readonly library: LibraryExport,
    private readonly accounts: AccountExport,
  ) {}

  /** Streams the archive while it is read: it is never stored as a whole, and its length is not known beforehand. */
  @Endpoint(api.media.export)
  async export(@CurrentUser() user: SessionUser, @Req() req: Request, @Res() res: Response): Promise<void> {
    res.set({
      'Content-Type': 'application/zip',
      'Content-Disposition': `attachment; filename="snapstream-${new Date().toISOString().slice(0, 10)}.zip"`,
    });
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    await sendTo(res, async () => {
      const account = user.scopes ? null : await this.accounts.of(user.id); // no API key can read the account
      const archive = Readable.fromWeb(makeZip(this.library.entries(user.id, account)) as ReadableStream);
      await once(archive, 'readable'); // so that an unavailable dependency is still answered with a problem
      return archive;
    });
  }
}
