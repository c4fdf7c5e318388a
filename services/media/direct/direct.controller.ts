import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import {
  api,
  type CompleteDirectUploadRequest,
  type DirectUpload,
  type DirectUploadRequest,
  type Media,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ZodBody, type SessionUser } from '#nest';
import { newId } from '#platform';
import { LibraryReader } from '../library/library.reader';
import { DirectCreation } from './direct-creation';
import { DirectUploads } from './direct-uploads';

@Controller()
export class DirectController {
  constructor(
    private readonly creation: DirectCreation,
    private readonly uploads: DirectUploads,
    private readonly library: LibraryReader,
  ) {}

  @Endpoint(api.directUploads.create)
  create(
    @CurrentUser() user: SessionUser,
    @ZodBody(api.directUploads.create.body) body: DirectUploadRequest,
  ): Promise<DirectUpload> {
    return this.creation.create({ userId: user.id, id: newId() }, body);
  }

  @Endpoint(api.directUploads.complete)
  async complete(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodBody(api.directUploads.complete.body) { parts }: CompleteDirectUploadRequest,
    @Res({ passthrough: true }) res: Response,
  ): Promise<Media> {
    this.creation.assertAvailable();
    const { mediaId } = await this.uploads.complete({ userId: user.id, id }, parts);
    res.locals.mediaId = mediaId;
    return this.library.show({ userId: user.id, id: mediaId });
  }

  @Endpoint(api.directUploads.remove)
  async remove(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    this.creation.assertAvailable();
    await this.uploads.giveUp({ userId: user.id, id });
  }
}
