import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, Notification, Problem } from '#contracts';
import { ApiClient, UnexpectedAnswerError, type Account, type Stack } from '#testing';
import type { TestFile } from './files';
import { Inbox } from './inbox';
import { sendResumable, type Try } from './resumable';

/**
 * `plain`: one POST, never repeated. `keyed`: a POST with an Idempotency-Key, repeated until it is acknowledged.
 * `resumable`: tus, taken up again until it is acknowledged.
 */
export type Way = 'plain' | 'keyed' | 'resumable';
export const ways: readonly Way[] = ['plain', 'keyed', 'resumable'];

/** An upload and what the client knows of it. */
export interface Sent {
  filename: string;
  sha256: string;
  /** The file can be processed. */
  isGood: boolean;
  way: Way;
  /** Acknowledged, as this medium. */
  id: string | null;
  /** The last try ended without an answer: there may be an item or none. */
  isTorn: boolean;
  /** Deleted by its owner since. */
  isDeleted: boolean;
}

const PAUSE_MS = 300;
const PATIENCE_MS = 240_000;
/** And what a client on a busy machine takes to hear it. */
const REFUSED_WITHIN_SECONDS = 5.5;
/** What a client may be told when a dependency is away or another try of its own still runs. */
const PATIENT_STATUS = new Set([503, 507, 409, 423]);

/** A user who wants things uploaded: tries again, logs in again, listens, and remembers what was promised. */
export class Client {
  readonly uploads: Sent[] = [];
  /** Answers that no fault excuses, in sentences. */
  readonly wrong: string[] = [];
  /** Refusals that came too late. */
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

  /** `paceMs`: how long the bytes take. */
  async send(file: TestFile, way: Way, paceMs = 0): Promise<Sent> {
    const sent: Sent = {
      filename: file.name,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
      isGood: file.isGood,
      way,
      id: null,
      isTorn: false,
      isDeleted: false,
    };
    this.uploads.push(sent);
    const attempt =
      way === 'resumable' ? sendResumable(this.api, file, paceMs) : this.posting(file, paceMs, way === 'keyed');
    for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt; await sleep(PAUSE_MS)) {
      const outcome = await attempt();
      sent.isTorn = 'torn' in outcome;
      if ('id' in outcome) {
        sent.id = outcome.id;
        return sent;
      }
      if ('refusedWith' in outcome) await this.meetRefusal(file, outcome);
      if (way === 'plain') return sent;
    }
    this.wrong.push(`${file.name} (${way}) was not taken within ${PATIENCE_MS / 1_000} s`);
    return sent;
  }

  /** Deletes the account with everything in it, and comes back under the same name as soon as that is free. */
  async leaveAndReturn(meanwhile: () => Promise<unknown>): Promise<void> {
    await this.ask('DELETE', '/api/auth/me', { json: { password: this.account.password } });
    for (const upload of this.uploads) upload.isDeleted = true;
    await meanwhile();
    for (const giveUpAt = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      const answer = await this.api.call('POST', '/api/auth/register', { json: this.account }).catch(() => null);
      if (answer?.status === 201) return;
      if (Date.now() > giveUpAt)
        throw new Error(`The name was not free within ${PATIENCE_MS / 1_000} s: ${JSON.stringify(answer?.body)}`);
    }
  }

  /** Asks until there is an answer: the service may be away, and the session gone with Redis. */
  async ask<T>(method: string, path: string, options?: Parameters<ApiClient['call']>[2]): Promise<T> {
    for (const giveUpAt = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      const answer = await this.api.call<T>(method, path, options).catch(() => null);
      if (answer && answer.status < 400) return answer.body;
      if (answer?.status === 401) await this.login();
      else if (answer && answer.status !== 503) throw new UnexpectedAnswerError(200, answer);
      if (Date.now() > giveUpAt) throw new Error(`${method} ${path} was not answered within ${PATIENCE_MS / 1_000} s`);
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
      const { items, nextCursor } = await this.ask<{ items: T[]; nextCursor: string | null }>(
        'GET',
        `${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      for (const item of items) all.set(item.id, item);
      if (!nextCursor) return all;
      cursor = nextCursor;
    }
  }

  private async meetRefusal(
    file: TestFile,
    { refusedWith, code, seconds }: Extract<Try, { refusedWith: number }>,
  ): Promise<void> {
    this.refusals += 1;
    this.slowestRefusalSeconds = Math.max(this.slowestRefusalSeconds, seconds);
    if (seconds > REFUSED_WITHIN_SECONDS)
      this.late.push(
        `${file.name} was refused with ${refusedWith} ${code} ${seconds.toFixed(1)} s after its last byte`,
      );
    if (refusedWith === 401) return this.login();
    if (!PATIENT_STATUS.has(refusedWith)) this.wrong.push(`${file.name} was refused with ${refusedWith} ${code}`);
  }

  private async login(): Promise<void> {
    await this.api.login(this.account).catch(() => {}); // away: tried again with the next refusal
  }

  private posting({ name, bytes }: TestFile, paceMs: number, isKeyed: boolean): () => Promise<Try> {
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
        return { torn: String((error as Error).cause ?? error) };
      }
    };
  }
}
