import { Controller, Get, Module, Res, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import express, { type Response } from 'express';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(dirname(findPackageJSON('..', __filename)!), 'dist', 'web');
const pages = ['/', '/login', '/register', '/upload', '/media', '/media/:id', '/notifications', '/profile'];

/** Every page is the same static shell, without data in it; it asks the API for what it shows. */
@Controller()
class PagesController {
  @Get(pages)
  page(@Res() res: Response): void {
    res.set('Cache-Control', 'no-cache').sendFile('index.html', { root, cacheControl: false });
  }
}

/** The front end, as nginx serves it elsewhere. File names under /assets carry a hash of their content. */
@Module({ controllers: [PagesController] })
export class WebModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const assets = express.static(join(root, 'assets'), { immutable: true, maxAge: '365d', fallthrough: true, index: false, redirect: false });
    const others = express.static(root, { index: false, redirect: false, maxAge: '1h' });
    consumer.apply(express.Router().use('/assets', assets).use(others)).forRoutes('/');
  }
}
