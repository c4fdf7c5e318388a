import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { api } from '#contracts';
import { CurrentUser, Endpoint, Id, type SessionUser } from '#nest';
import { SpokenText } from './spoken-text';

/** Not stored by browsers without a question: a later analysis may find other words. */
const REVALIDATE = 'private, no-cache';

@Controller()
export class CaptionsController {
  constructor(private readonly spoken: SpokenText) {}

  @Endpoint(api.analysis.captions)
  async captions(@CurrentUser() user: SessionUser, @Id() id: string, @Res() res: Response): Promise<void> {
    send(res, api.analysis.captions.produces, await this.spoken.read({ userId: user.id, id }, 'vtt'));
  }

  @Endpoint(api.analysis.transcript)
  async transcript(@CurrentUser() user: SessionUser, @Id() id: string, @Res() res: Response): Promise<void> {
    send(res, api.analysis.transcript.produces, await this.spoken.read({ userId: user.id, id }, 'txt'));
  }

  @Endpoint(api.analysis.subtitles)
  async subtitles(@CurrentUser() user: SessionUser, @Id() id: string, @Res() res: Response): Promise<void> {
    send(res, api.analysis.subtitles.produces, await this.spoken.read({ userId: user.id, id }, 'srt'));
  }
}

function send(res: Response, type: string, text: string): void {
  res.set('Cache-Control', REVALIDATE).type(`${type}; charset=utf-8`).send(text);
}
