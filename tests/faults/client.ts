import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, Notification, Problem } from '#contracts';
import { ApiClient, UnexpectedAnswerError, type Account, type Stack } from '#testing';
import type { TestFile } from './files';
import { Inbox } from './inbox';
import { sendResumable, type Attempt } from './resumable';

/**
 * `plain`: one POST, never repeated. `keyed`: a POST with an Idempotency-Key, repeated until it is acknowledged.
 * `resumable`: tus, resumed until it is acknowledged.
 */
export type UploadMethod = 'plain' | 'keyed' | 'resumable';
export const uploadMethods: readonly UploadMethod[] = ['plain', 'keyed', 'resumable'];

/** An upload as its client sees it. */
export interface Sent {
  filename: string;
  sha256: string;
  /** The file can be processed. */
  isGood: boolean;
  method: UploadMethod;
  /** The acknowledged medium; null: not acknowledged. */
  id: string | null;
  /** The response of the last attempt was lost: the medium may exist or not. */
  isAmbiguous: boolean;
  /** Its owner has deleted it. */
  isDeleted: boolean;
}

const RETRY_MS = 300;
const TIMEOUT_MS = 240_000;
/** A refusal is due within 5 s; the rest is for a client on a busy machine. */
const REFUSAL_LIMIT_SECONDS = 5.5;
/** Expected while a dependency is unavailable or another attempt of the same client is still running. */
const RETRYABLE_STATUS = new Set([503, 507, 409, 423]);

/** A user who retries uploads, logs in again, listens to events, and records what was acknowledged. */
export class Client {
  readonly uploads: Sent[] = [];
  /** Responses that no fault excuses, as sentences. */
  readonly wrong: string[] = [];
  /** Refusals that came too late, as sentences. */
  readonly late: string[] = [];
  refusals = 0;
  slowestRefusalSeconds = 0;

  private constructor(
    readonly api: ApiClient,
    private readonly account: Account,
    readonly inbox: Inbox,
  ) {}

  static async join(stack: Stack): Promise<Client> {
    const { api, account } = await stack.newUser();
    return new Client(api, account, new Inbox(api));
  }

  /** Uploads a file. @param paceMs how long sending its bytes takes */
  async send(file: TestFile, method: UploadMethod, paceMs = 0): Promise<Sent> {
    const sent: Sent = {
      filename: file.name,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
      isGood: file.isGood,
      method,
      id: null,
      isAmbiguous: false,
      isDeleted: false,
    };
    this.uploads.push(sent);
    const attempt =
      method === 'resumable'
        ? sendResumable(this.api, file, paceMs)
        : this.postAttempts(file, paceMs, method === 'keyed');
    for (const giveUpAt = Date.now() + TIMEOUT_MS; Date.now() < giveUpAt; await sleep(RETRY_MS)) {
      const outcome = await attempt();
      sent.isAmbiguous = 'lostResponse' in outcome;
      if ('id' in outcome) {
        sent.id = outcome.id;
        return sent;
      }
      if ('refusedWith' in outcome) await this.recordRefusal(file, outcome);
      if (method === 'plain') return sent;
    }
    this.wrong.push(`${file.name} (${method}) was not accepted within ${TIMEOUT_MS / 1_000} s`);
    return sent;
  }

  /** Deletes the account with everything in it, and registers the same name again as soon as that is free. */
  async deleteAndRegisterAgain(meanwhile: () => Promise<unknown>): Promise<void> {
    await this.request('DELETE', '/api/auth/me', { json: { password: this.account.password } });
    for (const upload of this.uploads) upload.isDeleted = true;
    await meanwhile();
    for (const giveUpAt = Date.now() + TIMEOUT_MS; ; await sleep(RETRY_MS)) {
      const answer = await this.api.call('POST', '/api/auth/register', { json: this.account }).catch(() => null);
      if (answer?.status === 201) return;
      if (Date.now() > giveUpAt)
        throw new Error(`The name was not free within ${TIMEOUT_MS / 1_000} s: ${JSON.stringify(answer?.body)}`);
    }
  }

  /** Retries until there is a response: the service may be unavailable, and the session lost with Redis. */
  async request<T>(method: string, path: string, options?: Parameters<ApiClient['call']>[2]): Promise<T> {
    for (const giveUpAt = Date.now() + TIMEOUT_MS; ; await sleep(RETRY_MS)) {
      const answer = await this.api.call<T>(method, path, options).catch(() => null);
      if (answer && answer.status < 400) return answer.body;
      if (answer?.status === 401) await this.login();
      else if (answer && answer.status !== 503) throw new UnexpectedAnswerError(200, answer);
      if (Date.now() > giveUpAt) throw new Error(`${method} ${path} was not answered within ${TIMEOUT_MS / 1_000} s`);
    }
  }

  library = () => this.everyPage<Media>('/api/media');
  notifications = () => this.everyPage<Notification>('/api/notifications');

  async close(): Promise<void> {
    await this.inbox.close();
  }

  private async everyPage<T extends { id: string }>(path: string): Promise<Map<string, T>> {
    const all = new Map<string, T>();
    for (let cursor = ''; ;) {
      const { items, nextCursor } = await this.request<{ items: T[]; nextCursor: string | null }>(
        'GET',
        `${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      for (const item of items) all.set(item.id, item);
      if (!nextCursor) return all;
      cursor = nextCursor;
    }
  }

  private async recordRefusal(
    file: TestFile,
    { refusedWith, code, seconds }: Extract<Attempt, { refusedWith: number }>,
  ): Promise<void> {
    this.refusals += 1;
    this.slowestRefusalSeconds = Math.max(this.slowestRefusalSeconds, seconds);
    if (seconds > REFUSAL_LIMIT_SECONDS)
      this.late.push(
        `${file.name} was refused with ${refusedWith} ${code} ${seconds.toFixed(1)} s after its last byte`,
      );
    if (refusedWith === 401) return this.login();
    if (!RETRYABLE_STATUS.has(refusedWith)) this.wrong.push(`${file.name} was refused with ${refusedWith} ${code}`);
  }

  private async login(): Promise<void> {
    await this.api.login(this.account).catch(() => {}); // unavailable: retried after the next refusal
  }

  private postAttempts({ name, bytes }: TestFile, paceMs: number, isKeyed: boolean): () => Promise<Attempt> {
    const key = randomUUID();
    return async () => {
      let lastByteAt = Date.now();
      const body = async function* () {
        yield Buffer.from(`--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`);
        yield bytes.subarray(0, bytes.length / 2);
        await sleep(paceMs);
        yield bytes.subarray(bytes.length / 2);
        yield Buffer.from('\r\n--x--\r\n');
        lastByteAt = Date.now();
      };
      const headers = { 'content-type': 'multipart/form-data; boundary=x', ...(isKeyed && { 'idempotency-key': key }) };
      try {
        const { status, body: answer } = await this.api.call<Media | Problem>('POST', '/api/media', {
          body: ReadableStream.from(body()) as ReadableStream,
          headers,
        });
        if (status === 201) return { id: (answer as Media).id };
        return {
          refusedWith: status,
          code: (answer as Problem | undefined)?.code ?? '',
          seconds: (Date.now() - lastByteAt) / 1_000,
        };
      } catch (error) {
        return { lostResponse: String((error as Error).cause ?? error) };
      }
    };
  }
}
