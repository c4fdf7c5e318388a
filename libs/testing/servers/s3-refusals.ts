import { createHash, createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Of `TestAws.client`. */
const SECRET = 'local';
const refusal = (status: number, code: string, message: string) => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

/**
 * Makes the emulator refuse what S3 refuses: signed addresses that are forged, changed or expired, bodies of another
 * length or checksum than was signed, and conditional writes over an object.
 * See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
 */
export function refuseAsS3(app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    const refused = signatureRefusal(request) ?? checksumRefusal(request) ?? (await overwriteRefusal(app, request));
    return refused ? reply.code(refused.status).type('application/xml').send(refused.body) : undefined;
  });
}

function signatureRefusal(request: FastifyRequest) {
  const url = new URL(request.raw.url!, 'http://localhost');
  const query = url.searchParams;
  const signature = query.get('X-Amz-Signature');
  if (signature === null) return null;
  const date = query.get('X-Amz-Date')!;
  const signedAt = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z'));
  if (signedAt + Number(query.get('X-Amz-Expires')) * 1_000 <= Date.now())
    return refusal(403, 'AccessDenied', 'Request has expired');
  const signed = query.get('X-Amz-SignedHeaders')!.split(';');
  const unsigned = Object.keys(request.headers).find((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (unsigned) return refusal(403, 'AccessDenied', `There were headers present which were not signed: ${unsigned}`);
  return signature === signatureOf(request, url, signed, date)
    ? null
    : refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match the signature.');
}

function signatureOf({ method, headers }: FastifyRequest, url: URL, signed: string[], date: string): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .toSorted();
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...signed.map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    signed.join(';'),
    'UNSIGNED-PAYLOAD',
  ];
  const [, ...scope] = url.searchParams.get('X-Amz-Credential')!.split('/');
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), hash].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${SECRET}`);
  return hmac(key, toSign).toString('hex');
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const escape = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function checksumRefusal({ headers, body }: FastifyRequest) {
  const expected = headers['x-amz-checksum-sha256'];
  if (!expected || !Buffer.isBuffer(body) || headers['x-amz-decoded-content-length']) return null;
  return createHash('sha256').update(body).digest('base64') === expected
    ? null
    : refusal(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
}

async function overwriteRefusal(app: FastifyInstance, { method, headers, raw }: FastifyRequest) {
  if (method !== 'PUT' || headers['if-none-match'] !== '*') return null;
  const found = await app.inject({ method: 'HEAD', url: raw.url!.split('?')[0]! });
  return found.statusCode === 200
    ? refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
    : null;
}
