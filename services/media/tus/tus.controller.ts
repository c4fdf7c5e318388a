import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { api } from '#contracts';
import { CurrentUser, Endpoint, Id, type SessionUser } from '#nest';
import { newId } from '#platform';
import { TusService } from './tus.service';

@Controller()
export class TusController {
  constructor(private readonly uploads: TusService) {}

  @Endpoint(api.uploads.describe)
  describe(@CurrentUser() user: SessionUser, @Req() req: Request, @Res() res: Response): Promise<void> {
    return this.create(user, req, res);
  }

  @Endpoint(api.uploads.create)
  create(@CurrentUser() user: SessionUser, @Req() req: Request, @Res() res: Response): Promise<void> {
    return this.uploads.handle({ userId: user.id, id: newId() }, true, req, res);
  }

  @Endpoint(api.uploads.status)
  status(@CurrentUser() user: SessionUser, @Id() id: string, @Req() req: Request, @Res() res: Response): Promise<void> {
    return this.uploads.handle({ userId: user.id, id }, false, req, res);
  }

  @Endpoint(api.uploads.append)
  append(@CurrentUser() user: SessionUser, @Id() id: string, @Req() req: Request, @Res() res: Response): Promise<void> {
    return this.uploads.handle({ userId: user.id, id }, false, req, res);
  }

  @Endpoint(api.uploads.terminate)
  terminate(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    return this.uploads.handle({ userId: user.id, id }, false, req, res);
  }
}
