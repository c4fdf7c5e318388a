import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Module, Req, Res, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import type { Request, Response } from 'express';
import express from 'express';
import { ProblemError } from '#nest';
import { describeEncoding, hashedFiles, smallest } from './static-files';

const root = join(dirname(findPackageJSON('..', __filename)!), 'dist', 'web');
const pages = ['/', '/login', '/register', '/upload', '/media', '/media/:id', '/notifications', '/profile'];

/** Every page is the same static shell, without data in it; it asks the API for what it shows. */
@Controller()
class PagesController {
  @Get(pages)
  page(@Req() req: Request, @Res() res: Response): void {
    sendShell(req, res);
  }

  /** Last of all routes. People get the page that says so, programs the words of the API. */
  @Get('*path')
  nothing(@Req() req: Request, @Res() res: Response): void {
    if (!req.get('accept')?.includes('text/html') || /^\/(api|health)(\/|$)/.test(req.path))
      throw new ProblemError('not_found');
    sendShell(req, res.status(404));
  }
}

function sendShell(req: Request, res: Response): void {
  const name = smallest(root, 'index.html', req);
  describeEncoding(res, name);
  res.set('Cache-Control', 'no-cache').sendFile(name, { root, cacheControl: false });
}

/** The front end, as nginx serves it elsewhere. */
@Module({ controllers: [PagesController] })
export class WebModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(express.Router().use('/assets', hashedFiles(join(root, 'assets')))).forRoutes('/');
  }
}
