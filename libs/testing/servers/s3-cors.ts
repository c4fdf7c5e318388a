import type { FastifyInstance } from 'fastify';

/** Adds the CORS rules of buckets to the emulator of S3: browsers may send what PutBucketCors allows. */
export function allowByCors(app: FastifyInstance): void {
  const rules = new Map<string, string>();
  const allows = (bucket: string, element: string, value: string) =>
    rules.get(bucket)?.includes(`<${element}>${value}</${element}>`) ?? false;
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    const bucket = bucketOf(url);
    const origin = headers.origin ?? '';
    if (!allows(bucket, 'AllowedOrigin', origin)) return method === 'OPTIONS' ? reply.code(403).send() : undefined;
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'ETag');
    if (method !== 'OPTIONS') return undefined;
    const isAllowed = allows(bucket, 'AllowedMethod', headers['access-control-request-method'] ?? '');
    const wanted = headers['access-control-request-headers'] ?? '';
    return reply
      .code(isAllowed ? 200 : 403)
      .header('access-control-allow-methods', 'PUT')
      .header('access-control-allow-headers', wanted)
      .send();
  });
  app.addHook('preHandler', async ({ method, url, body }, reply) => {
    if (!new URL(url, 'http://localhost').searchParams.has('cors')) return undefined;
    const bucket = bucketOf(url);
    if (method === 'PUT') rules.set(bucket, String(body));
    const known = rules.get(bucket);
    if (method === 'PUT') return reply.code(200).send();
    return reply
      .code(known ? 200 : 404)
      .type('application/xml')
      .send(known ?? '<?xml version="1.0"?><Error><Code>NoSuchCORSConfiguration</Code></Error>');
  });
}

const bucketOf = (url: string) => url.split(/[/?]/)[1]!;
