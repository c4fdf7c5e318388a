import { makeJpegOf, type ApiClient } from '#testing';
import { sha256OfWav, uploadWav, uploadWavBare, uploadWavResumably } from '../large-upload';
import { startBareServer, type BareServer } from '../limits/bare-server';
import { median, type Row } from '../report';
import { alternate, inParallel, newClient, secondsOf, uploadAll, type Input, type Subject } from '../subject';

const MIB = 1024 ** 2;
const CLIENTS = 4;
const SMALL_BYTES = 100_000;
const SAMPLE_MS = 200;

export interface UploadSizes {
  rounds: number;
  largeBytes: number;
  photographs: number;
  smallFiles: number;
}

/** Uploads to a product without workers, and in alternation to a bare server that stores bodies. */
export async function uploads(subject: Subject, inputs: readonly Input[], sizes: UploadSizes): Promise<Row[]> {
  const [api, server] = [await newClient(subject), await startBareServer()];
  try {
    const small = [{ filename: 'small.jpg', bytes: new Uint8Array(await makeJpegOf(SMALL_BYTES)) }];
    const { rounds, photographs, smallFiles } = sizes;
    return [
      ...(await largeFile(subject, api, server, sizes)),
      await manyFiles(api, server, { inputs, count: photographs, rounds, what: 'photographs', atLeast: 0.8 }),
      await manyFiles(api, server, { inputs: small, count: smallFiles, rounds, what: 'of 100 kB', atLeast: 0.6 }),
    ];
  } finally {
    await server.stop();
  }
}

async function largeFile(
  subject: Subject,
  api: ApiClient,
  server: BareServer,
  { rounds, largeBytes }: UploadSizes,
): Promise<Row[]> {
  const byProduct = (upload: typeof uploadWav) => async () => {
    const { media, seconds } = await upload(api, largeBytes);
    if (media.sha256 !== sha256) throw new Error(`Expected the SHA-256 ${sha256}, but received ${media.sha256}`);
    await api.expect(204, 'DELETE', `/api/media/${media.id}`);
    return seconds;
  };
  const sha256 = sha256OfWav(largeBytes);
  await byProduct(uploadWav)(); // warm-up
  const before = await subject.memoryMib();
  let highest = before;
  const watch = setInterval(async () => (highest = Math.max(highest, await subject.memoryMib())), SAMPLE_MS);
  const measured = await alternate(rounds, {
    post: byProduct(uploadWav),
    tus: byProduct(uploadWavResumably),
    limit: () => uploadWavBare(server.url, largeBytes).finally(() => server.clear()),
  }).finally(() => clearInterval(watch));
  const rate = (seconds: readonly number[]) => `${(largeBytes / MIB / median(seconds)).toFixed(0)} MiB/s`;
  const rows = (['post', 'tus'] as const).map((name) => ({
    what: `one file of ${Math.round(largeBytes / MIB)} MiB, by ${name === 'post' ? 'POST' : 'tus in one PATCH'}`,
    product: rate(measured[name]),
    limit: `${rate(measured.limit)} by a bare server`,
    value: median(measured.limit) / median(measured[name]),
    goal: { atLeast: 0.8 },
  }));
  return [...rows, growthRow(highest - before)];
}

const growthRow = (mib: number): Row => ({
  what: 'growth of the memory of all processes meanwhile',
  product: `${mib.toFixed(0)} MiB`,
  value: mib,
  goal: { atMost: 64 },
});

async function manyFiles(
  api: ApiClient,
  server: BareServer,
  files: { inputs: readonly Input[]; count: number; rounds: number; what: string; atLeast: number },
): Promise<Row> {
  const { inputs, count, rounds, what, atLeast } = files;
  const measured = await alternate(rounds, {
    ours: () => secondsOf(() => uploadAll(api, inputs, count)),
    limit: () => secondsOf(() => storeAll(server, inputs, count)).finally(() => server.clear()),
  });
  const rate = (seconds: readonly number[]) => (count / median(seconds)).toFixed(1);
  return {
    what: `${count} files ${what} by ${CLIENTS} clients`,
    product: `${rate(measured.ours)} a second`,
    limit: `${rate(measured.limit)} by a bare server`,
    value: median(measured.limit) / median(measured.ours),
    goal: { atLeast },
  };
}

/** As `uploadAll`, also in multipart bodies, so that the client has the same work. */
function storeAll(server: BareServer, inputs: readonly Input[], count: number): Promise<void> {
  return inParallel(count, CLIENTS, async (number) => {
    const form = new FormData();
    const { bytes, filename } = inputs[number % inputs.length]!;
    form.set('file', new Blob([bytes]), `${number}-${filename}`);
    const stored = await fetch(server.url, { method: 'POST', body: form });
    await stored.text();
  });
}
