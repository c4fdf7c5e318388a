import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import express from 'express';
import request from 'supertest';
import { rejectCrossSite } from './cross-site';
import { toProblem } from './problem';

let server: Server;
const own = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  const app = express().set('trust proxy', 1).use(rejectCrossSite);
  app.all('/', (_req, res) => void res.send('passed'));
  app.use(
    ((error, _req, res, _next) =>
      void res.status(toProblem(error).status).json(toProblem(error).toBody())) satisfies express.ErrorRequestHandler,
  );
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

it.each([
  ['neither header', () => ({}), 200],
  ['same-origin', () => ({ 'Sec-Fetch-Site': 'same-origin' }), 200],
  ['typed by the user', () => ({ 'Sec-Fetch-Site': 'none' }), 200],
  ['cross-site', () => ({ 'Sec-Fetch-Site': 'cross-site' }), 403],
  ['same-site', () => ({ 'Sec-Fetch-Site': 'same-site' }), 403],
  ['own origin', () => ({ Origin: own() }), 200],
  ['own origin, but cross-site', () => ({ Origin: own(), 'Sec-Fetch-Site': 'cross-site' }), 403],
  ['another port', () => ({ Origin: 'http://127.0.0.1:1' }), 403],
  ['another scheme', () => ({ Origin: own().replace('http:', 'https:') }), 403],
  ['another host', () => ({ Origin: own().replace('127.0.0.1', 'localhost') }), 403],
  ['a longer host', () => ({ Origin: `${own()}.evil.example` }), 403],
  ['null', () => ({ Origin: 'null' }), 403],
  ['an invalid origin', () => ({ Origin: '::' }), 403],
  [
    'own origin behind a proxy that terminates TLS',
    () => ({ Origin: 'https://snap.example', Host: 'snap.example', 'X-Forwarded-Proto': 'https' }),
    200,
  ],
  [
    'explicit default port',
    () => ({ Origin: 'https://snap.example', Host: 'snap.example:443', 'X-Forwarded-Proto': 'https' }),
    200,
  ],
])('%s', async (_, headers, status) => {
  await request(server).post('/').set(headers()).expect(status);
});

it.each([
  ['drops the port', () => ({ Origin: 'http://nas.local:8080', Host: 'nas.local' })],
  ['ends TLS without saying so', () => ({ Origin: 'https://nas.local', Host: 'nas.local' })],
])('names a proxy that %s, in the answer and the log', async (_, headers) => {
  const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
  const { body } = await request(server).post('/').set(headers()).expect(403);
  expect(body.detail).toMatch(/page is at https?:\/\/nas\.local.*Host header.*TRUST_PROXY/);
  expect(logged).toHaveBeenCalledWith(body.detail);
  logged.mockRestore();
});

it('does not suspect a proxy when another site asks', async () => {
  const { body } = await request(server).post('/').set({ Origin: 'http://evil.example' }).expect(403);
  expect(body.detail).not.toContain('proxy');
});

it.each(['get', 'head', 'options'] as const)('accepts the safe method %s', async (method) => {
  await request(server)[method]('/').set({ 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }).expect(200);
});
