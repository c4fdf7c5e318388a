import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#config';
import { sha256 } from '#testing';
import { ModelStore } from './model-store';
import type { ModelEntry } from './models';

let folder: string;
let archive: Buffer;
let server: Server;
let ranges: Array<string | undefined>;
/** How many bytes the server sends before it ends the connection. */
let dropsAfter: number | null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  mkdirSync(join(folder, 'sherpa-onnx-small'));
  writeFileSync(join(folder, 'sherpa-onnx-small/small-tokens.txt'), 'tokens'.repeat(50_000));
  execFileSync('tar', ['-cjf', join(folder, 'archive'), '-C', folder, 'sherpa-onnx-small']);
  archive = readFileSync(join(folder, 'archive'));
  server = createServer((req, res) => {
    ranges.push(req.headers.range);
    const start = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0);
    const body = archive.subarray(start);
    res.writeHead(start ? 206 : 200, { 'content-length': body.length });
    if (dropsAfter === null) return res.end(body);
    res.write(body.subarray(0, dropsAfter), () => setTimeout(() => res.destroy(), 20));
    dropsAfter = null;
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  ranges = [];
  dropsAfter = null;
});

function store(changes: Partial<ModelEntry> = {}) {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/small.tar.bz2`;
  const entry = { address, sizeBytes: archive.length, sha256: sha256(archive), description: 'a test', ...changes };
  const dir = mkdtempSync(join(folder, 'store-'));
  return { dir, models: new ModelStore(dir, { 'speech-small': entry }, { everyMs: 10, forMs: 1_000 }) };
}

describe('a model', () => {
  it('is downloaded, continued after a lost connection, listed and removed', async () => {
    const { dir, models } = store();
    dropsAfter = 20;
    const progress: number[] = [];
    const path = await models.get('speech-small', (percent) => progress.push(percent));
    expect(ranges).toEqual([undefined, 'bytes=20-']);
    expect(progress.at(-1)).toBe(100);
    expect(readFileSync(join(path, 'small-tokens.txt'), 'utf8')).toMatch(/^tokens/);
    expect(readdirSync(dir)).toEqual(['speech-small']);
    expect(await models.list()).toEqual([expect.objectContaining({ name: 'speech-small', path })]);
    expect(await models.get('speech-small')).toBe(path);
    expect(ranges).toHaveLength(2); // it was there
    await models.remove('speech-small');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('continues where an earlier call was interrupted', async () => {
    const { dir, models } = store();
    writeFileSync(join(dir, 'speech-small.part'), archive.subarray(0, 33));
    await models.get('speech-small');
    expect(ranges).toEqual(['bytes=33-']);
  });

  it('with other bytes than expected is refused and not kept', async () => {
    const { dir, models } = store({ sha256: '0'.repeat(64) });
    await expect(models.get('speech-small')).rejects.toThrow(/checksum/);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that does not exist is an error of the operator that names the others', async () => {
    const { models } = store();
    await expect(models.get('speech-large')).rejects.toThrow(OperatorError);
    await expect(models.get('speech-large')).rejects.toThrow(/speech-small/);
    await expect(models.remove('../..')).rejects.toThrow(OperatorError);
    const absent = store({ address: 'http://127.0.0.1:9/none' }).models;
    await expect(absent.get('speech-small')).rejects.toThrow(/cannot be downloaded/);
  });
});
