import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Module, Req, Res, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import type { Request, Response } from 'express';
import express from 'express';
import { ProblemError } from '#nest';
import { setEncodingHeaders, hashedFiles, negotiateFile } from './static-files';

const root = join(dirname(findPackageJSON('..', __filename)!), 'dist', 'web');
const pages = [
  '/',
  '/login',
  '/register',
  '/forgot-password',
  '/reset-password',
  '/confirm-email',
  '/upload',
  '/media',
  '/media/:id',
  '/notifications',
  '/profile',
  '/admin',
  '/admin/users',
  '/admin/media',
  '/admin/queues',
  '/admin/audit',
];

/** Serves every page as the same static shell, which loads its data from the API. */
@Controller()
class PagesController {
  @Get(pages)
  page(@Req() req: Request, @Res() res: Response): void {
    sendShell(req, res);
  }

  /** The last of all routes. Answers browsers with the page for 404, other clients with the problem `not_found`. */
  @Get('*path')
  notFound(@Req() req: Request, @Res() res: Response): void {
    if (!req.get('accept')?.includes('text/html') || /^\/(api|health)(\/|$)/.test(req.path))
      throw new ProblemError('not_found');
    sendShell(req, res.status(404));
  }
}

function sendShell(req: Request, res: Response): void {
  const name = negotiateFile(root, 'index.html', req);
  setEncodingHeaders(res, name);
  res.set('Cache-Control', 'no-cache').sendFile(name, { root, cacheControl: false });
}

/** Serves the front end, as nginx does in the other deployments. */
@Module({ controllers: [PagesController] })
export class WebModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(express.Router().use('/assets', hashedFiles(join(root, 'assets')))).forRoutes('/');
  }
}
