import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeMp4 } from '#testing';
import { setupSandboxTester } from './sandbox.testing';

const run = promisify(execFile);

describe('playlists and scripts disguised as media', () => {
  const tester = setupSandboxTester();
  let connections = 0;
  const listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  let address = '';

  beforeAll(async () => {
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const bound = listener.address();
    address = typeof bound === 'object' && bound ? `http://127.0.0.1:${bound.port}` : '';
  });
  afterAll(() => void listener.close());

  const scripts = (victim: string): [string, string][] => [
    [
      'an HLS playlist with a network URL',
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${address}/a.ts\n#EXT-X-ENDLIST\n`,
    ],
    ['a master playlist', `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${address}/child.m3u8\n`],
    [
      'an HLS playlist with a local file',
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${victim}\n#EXT-X-ENDLIST\n`,
    ],
    ['a concat script with a local file', `ffconcat version 1.0\nfile '${victim}'\n`],
    ['a concat script with a network URL', `ffconcat version 1.0\nfile '${address}/a.mp4'\n`],
    [
      'DASH',
      '<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation>' +
        `<BaseURL>${address}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    ['SDP', 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n'],
  ];

  it.each([
    ['video/mp4', ''],
    ['video/mp4', '\0\0\0\x14ftypisom\0\0\0\0isom\n'],
    ['video/webm', ''],
    ['audio/mpeg', 'ID3\x04\0\0\0\0\0\0\n'],
    ['audio/wav', ''],
    ['audio/ogg', ''],
  ])('are rejected as %s behind %j, and no reference is opened', async (contentType, magic) => {
    const { inputPath: victim } = await tester.prepare(await makeMp4({ seconds: 0.5 }));
    for (const [, script] of scripts(victim)) {
      const kind = contentType.startsWith('video') ? 'video' : 'audio';
      await expect(tester.analyse({ kind, contentType }, Buffer.from(magic + script, 'latin1'))).rejects.toMatchObject({
        name: 'MediaFailure',
      });
    }
    expect(connections).toBe(0);
  });

  it('rejects a QuickTime file whose samples are in another file', async () => {
    const { inputPath: victim } = await tester.prepare(await makeMp4({ seconds: 0.5 }));
    const referring = withExternalReference(await makeMp4({ seconds: 0.5, audioTracks: 0, container: 'mov' }), victim);
    await expect(tester.analyse({ kind: 'video', contentType: 'video/quicktime' }, referring)).rejects.toMatchObject({
      name: 'MediaFailure',
    });
  });

  (spawnSync('strace', ['-V']).error ? it.skip : it)(
    'open no connection and no file but those of the job and of the system (under strace)',
    async () => {
      const video = await makeMp4({ seconds: 0.5 });
      const { inputPath: victim } = await tester.prepare(video);
      const hostile = [
        ...scripts(victim).map(([, script]) => Buffer.from(script)),
        withExternalReference(await makeMp4({ seconds: 0.5, audioTracks: 0, container: 'mov' }), victim),
      ];
      const jobs = await Promise.all(
        [...hostile, video].map(async (file) => ({
          kind: 'video',
          contentType: 'video/mp4',
          ...(await tester.prepare(file)),
        })),
      );
      const trace = await traceSandbox(jobs, join(tester.folder, 'trace'));
      expect(trace.tools).toBeGreaterThan(jobs.length); // ffprobe for each job, and ffmpeg for the valid one
      expect(trace.opened).toContainEqual(expect.stringMatching(isInput));
      expect(trace.opened.filter((path) => !isInput.test(path) && !isOutput.test(path))).toEqual([]);
      expect(trace.connected).toEqual([]);
      expect(connections).toBe(0);
    },
    180_000,
  );
});

/** Where a job's files are while it runs. */
const isInput = /\/tools-\w+\/input\/original$/;
const isOutput = /\/tools-\w+\/output\/derived\b/;

/** System files, and our wrapper that sets the limits and execs ffmpeg. */
const isSystemPath = (path: string) => /^\/(dev|etc|lib|lib64|proc|sys|usr)\/|\/tools-\w+\/ff\w+$/.test(path);

interface Trace {
  /** Number of ffmpeg and ffprobe processes. */
  tools: number;
  /** Absolute paths that they opened successfully, without system files. */
  opened: string[];
  /** Attempted connections of any process, except AF_UNIX. */
  connected: string[];
}

/** Analyses jobs in sequence in a new sandbox under strace, including all child processes. */
async function traceSandbox(jobs: Array<{ outputDir: string }>, output: string): Promise<Trace> {
  const script = `
    const { AnalysisSandbox } = require(${JSON.stringify(join(__dirname, 'sandbox.ts'))});
    (async () => {
      const sandbox = new AnalysisSandbox(require('node:os').tmpdir());
      const { signal } = new AbortController();
      for (const job of ${JSON.stringify(jobs)}) await sandbox.analyse({ ...job, signal }).catch(() => {});
      await sandbox.close();
    })()`;
  const node = [
    process.execPath,
    '--require',
    join(__dirname, '../../../libs/testing/run-typescript.cjs'),
    '-e',
    script,
  ];
  await run('strace', [
    '-f',
    '-qq',
    '-s',
    '4096',
    '-e',
    'trace=execve,fork,vfork,clone,clone3,open,openat,connect,chdir',
    '-e',
    'signal=none',
    '-o',
    output,
    ...node,
  ]);
  return parseTrace(await readFile(output, 'latin1'));
}

/**
 * Parses lines `<pid> <call>(<arguments>) = <result>`. A call that another process interrupts is split into two lines,
 * of which the first contains the path.
 */
function parseTrace(trace: string): Trace {
  const lines = trace.split('\n');
  const tools = toolThreads(lines);
  const found: Trace = { tools: tools.started, opened: [], connected: [] };
  let folder = '/';
  for (const line of lines) {
    const [, pid = '', call = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    const path = /"([^"]*)"/.exec(rest)?.[1] ?? '';
    if (call === 'connect' && /AF_INET/.test(rest)) found.connected.push(line);
    if (call === 'chdir' && isOutput.test(path)) folder = path;
    if (call.startsWith('open') && tools.ids.has(pid) && !/= -1 /.test(rest) && !isSystemPath(resolve(folder, path)))
      found.opened.push(resolve(folder, path));
  }
  return found;
}

/** Ids of ffmpeg and ffprobe processes and their threads, which may appear before their clone call has returned. */
function toolThreads(lines: string[]): { ids: Set<string>; started: number } {
  const ids = new Set(
    lines.flatMap((line) => /^(\d+) +execve\("[^"]*\/bin\/(?:ffmpeg|ffprobe)"/.exec(line)?.[1] ?? []),
  );
  const started = ids.size;
  const forks = lines.flatMap((line) =>
    [/^(\d+) +(?:<\.\.\. )?(?:v?fork|clone3?)\b.* = (\d+)$/.exec(line)].filter((match) => match !== null),
  );
  for (let known = -1; known < ids.size;) {
    known = ids.size;
    for (const [, parent, child] of forks) if (ids.has(parent!)) ids.add(child!);
  }
  return { ids, started };
}

/** Replaces the self-reference in the `dref` box by an alias to `path`, and zeroes the samples. */
function withExternalReference(mov: Buffer, path: string): Buffer {
  const url = mov.indexOf('url ', mov.indexOf('dref'));
  mov.writeUInt32BE(0, url + 4); // flags: not self-contained
  mov.write('alis', url, 'latin1');
  mov.fill(0, mov.indexOf('mdat') + 4, mov.indexOf('moov') - 4);
  return Buffer.concat([mov, Buffer.from(path)]);
}
