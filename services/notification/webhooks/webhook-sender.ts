import { createHmac } from 'node:crypto';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Injectable, Optional } from '@nestjs/common';
import type { WebhookFailureCode } from '#contracts';
import { NotPublicError, WebhookAddresses } from './webhook-addresses';
import type { DeliveryItem, WebhookItem } from './webhook.item';

/** The outcome of one attempt. */
export interface WebhookAnswer {
  /** Null without an answer. */
  responseStatus: number | null;
  durationMs: number | null;
  /** Null: the receiver accepted the message. */
  failure: WebhookFailureCode | null;
  /** The pause that the receiver asked for. */
  retryAfterMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024;

/** Sends messages as Standard Webhooks defines them (https://www.standardwebhooks.com). */
@Injectable()
export class WebhookSender {
  /** @param timeoutMs from the look-up of the name to the head of the answer */
  constructor(
    private readonly addresses: WebhookAddresses,
    @Optional() private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** Makes one attempt. Never rejects. Redirects are not followed: they could lead anywhere. */
  async send({ url, secret }: WebhookItem, { messageId, body }: DeliveryItem): Promise<WebhookAnswer> {
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    if (this.addresses.violationOf(url)) return { responseStatus: null, durationMs: null, failure: 'not_public' };
    try {
      const { status, retryAfter } = await this.post(new URL(url), body, signed(secret, messageId, body));
      const retryAfterMs = Number(retryAfter) * 1_000;
      return {
        responseStatus: status,
        durationMs: durationMs(),
        failure: failureOf(status),
        ...(retryAfterMs > 0 && { retryAfterMs }),
      };
    } catch (error) {
      return { responseStatus: null, durationMs: durationMs(), failure: codeOf(error) };
    }
  }

  private async post(url: URL, body: string, headers: Record<string, string>) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
      agent: false, // its own connection: what was checked is what is used
      lookup: this.addresses.lookup,
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    request.on('error', reject);
    request.on('response', resolve);
    request.on('close', () => reject(new Error('closed without an answer'))); // such as after 101 Switching Protocols
    request.end(body);
    const response = await promise;
    discard(response);
    return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] };
  }
}

/** Reads the rest of an answer up to a limit: some receivers treat a reset connection as an error. */
function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => {});
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
}

function signed(secret: string, id: string, body: string): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'SnapStream-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}

function failureOf(status: number): WebhookFailureCode | null {
  if (status >= 200 && status < 300) return null;
  if (status === 410) return 'gone';
  return status >= 300 && status < 400 ? 'redirected' : 'rejected';
}

/** Codes of TLS errors: https://nodejs.org/api/tls.html#x509-certificate-error-codes, and those of OpenSSL. */
const TLS_ERROR = /^(?:ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

function codeOf(error: unknown): WebhookFailureCode {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof NotPublicError) return 'not_public';
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ETIMEDOUT') return 'timeout';
  return TLS_ERROR.test(code) ? 'tls_failed' : 'unreachable';
}
