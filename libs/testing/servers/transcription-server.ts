import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import busboy from 'busboy';

/** A request as the server understood it. */
export interface TranscriptionRequest {
  path: string;
  authorization: string | null;
  fields: Record<string, string>;
  file: { name: string; contentType: string; bytes: Buffer };
}

export interface TranscriptionReply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body: unknown;
}

export interface TranscriptionServer {
  /** The base of its addresses, as in `SPEECH_URL`. */
  url: string;
  requests: TranscriptionRequest[];
  stop(): Promise<void>;
}

/**
 * Starts a server with the audio API of OpenAI, which reads the multipart requests as such servers do.
 * @param reply returns the response to the request of this index; null: none, until the client gives up
 */
export async function startTranscriptionServer(
  reply: (request: TranscriptionRequest, index: number) => TranscriptionReply | null,
): Promise<TranscriptionServer> {
  const requests: TranscriptionRequest[] = [];
  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const request = await parse(req);
    const answer = reply(request, requests.push(request) - 1);
    if (!answer) return;
    const isText = typeof answer.body === 'string';
    const headers = { 'content-type': isText ? 'text/plain' : 'application/json', ...answer.headers };
    res.writeHead(answer.status ?? 200, headers).end(isText ? answer.body : JSON.stringify(answer.body));
  };
  const server = createServer((req, res) => void handle(req, res).catch((error: Error) => res.destroy(error)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(req: IncomingMessage): Promise<TranscriptionRequest> {
  return new Promise((resolve, reject) => {
    const fields: TranscriptionRequest['fields'] = {};
    const file: TranscriptionRequest['file'] = { name: '', contentType: '', bytes: Buffer.alloc(0) };
    const form = busboy({ headers: req.headers });
    form.on('field', (name, value) => (fields[name] = value));
    form.on('file', (_, stream, { filename, mimeType }) => {
      Object.assign(file, { name: filename, contentType: mimeType });
      stream.on('data', (chunk: Buffer) => (file.bytes = Buffer.concat([file.bytes, chunk])));
    });
    form.on('close', () =>
      resolve({ path: req.url ?? '', authorization: req.headers.authorization ?? null, fields, file }),
    );
    form.on('error', reject);
    req.pipe(form);
  });
}
