import type { FastifyInstance } from 'fastify';

interface Part {
  etag: string;
  sizeBytes: number;
}

const NO_SUCH_UPLOAD =
  '<?xml version="1.0"?><Error><Code>NoSuchUpload</Code><Message>The upload is completed or aborted.</Message></Error>';

/** Adds ListParts to the emulator of S3. @returns a function that counts the open multipart uploads */
export function listParts(app: FastifyInstance): () => number {
  const uploads = new Map<string, Map<number, Part>>();
  app.addHook('onRequest', async (request, reply) => {
    const { uploadId } = request.query as Record<string, string>;
    if (request.method !== 'GET' || uploadId === undefined) return undefined;
    const parts = uploads.get(uploadId);
    return reply
      .code(parts ? 200 : 404)
      .type('application/xml')
      .send(parts ? asXml(parts) : NO_SUCH_UPLOAD);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { uploadId, uploads: isCreation, partNumber } = request.query as Record<string, string>;
    if (reply.statusCode >= 300) return payload;
    const id = /<UploadId>([^<]+)/.exec(String(payload))?.[1];
    if (request.method === 'POST' && isCreation !== undefined && id) uploads.set(id, new Map());
    if (uploadId === undefined) return payload;
    if (request.method === 'PUT')
      uploads
        .get(uploadId)
        ?.set(Number(partNumber), { etag: String(reply.getHeader('etag')), sizeBytes: sizeOf(request.headers) });
    if (request.method === 'POST' || request.method === 'DELETE') uploads.delete(uploadId);
    return payload;
  });
  return () => uploads.size;
}

/** The SDK sends bodies with `aws-chunked` encoding, and their decoded length in a header. */
const sizeOf = (headers: Record<string, unknown>) =>
  Number(headers['x-amz-decoded-content-length'] ?? headers['content-length']);

function asXml(parts: Map<number, Part>): string {
  const partsXml = [...parts]
    .toSorted(([a], [b]) => a - b)
    .map(
      ([number, { etag, sizeBytes }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><Size>${sizeBytes}</Size></Part>`,
    );
  return `<?xml version="1.0"?><ListPartsResult><IsTruncated>false</IsTruncated>${partsXml.join('')}</ListPartsResult>`;
}
