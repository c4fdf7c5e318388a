import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, Problem, User } from '#contracts';

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined for other content types. */
  body: T;
}

export interface CallOptions {
  json?: unknown;
  body?: RequestInit['body'];
  headers?: Record<string, string>;
}

export interface Account {
  username: string;
  email: string;
  password: string;
}

export interface UploadOptions {
  filename?: string;
  title?: string;
  headers?: Record<string, string>;
}

/** A medium if the status is 201, else a problem. */
export type UploadAnswer = Omit<Media, 'status'> & Omit<Problem, 'status'> & { status: Media['status'] | number };

/** Thrown when a response has another status than the test requires; its message includes the body. */
export class UnexpectedAnswerError extends Error {
  constructor(
    expected: number,
    readonly answer: Answer,
  ) {
    super(`Expected status ${expected} but received ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}

/** Returns an account with a unique name and e-mail address. */
export function newAccount(overrides: Partial<Account> = {}): Account {
  const name = `user-${randomBytes(6).toString('hex')}`;
  return { username: name, email: `${name}@example.com`, password: `secret of ${name}`, ...overrides };
}

/** HTTP client with a cookie jar for one origin, in this process or another. */
export class ApiClient {
  private readonly cookies = new Map<string, string>();

  constructor(
    readonly baseUrl: string,
    /** Sent with every call, e.g. `X-Forwarded-For`. */
    readonly headers: Record<string, string> = {},
  ) {}

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Returns another client with the same cookies, like a second tab. */
  clone(headers: Record<string, string> = this.headers): ApiClient {
    const copy = new ApiClient(this.baseUrl, headers);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  /** Returns the raw response; the caller reads the body. */
  async fetch(method: string, path: string, { json, body, headers }: CallOptions = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.baseUrl), {
      method,
      redirect: 'manual',
      headers: {
        ...this.headers,
        ...(this.cookies.size > 0 && { cookie: this.cookie }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
    this.keepCookies(response.headers);
    return response;
  }

  async call<T = unknown>(method: string, path: string, options?: CallOptions): Promise<Answer<T>> {
    const response = await this.fetch(method, path, options);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text ? JSON.parse(text) : undefined) as T,
    };
  }

  /** @throws {UnexpectedAnswerError} unless the status is the expected one */
  async expect<T = unknown>(status: number, method: string, path: string, options?: CallOptions): Promise<T> {
    const answer = await this.call<T>(method, path, options);
    if (answer.status !== status) throw new UnexpectedAnswerError(status, answer);
    return answer.body;
  }

  /** Returns the problem of a rejected call. @throws {Error} when the response is not a problem as in RFC 9457 */
  async problem(method: string, path: string, options?: CallOptions): Promise<Problem & { headers: Headers }> {
    const answer = await this.call<Problem>(method, path, options);
    const type = answer.headers.get('content-type');
    if (answer.status < 400 || !type?.startsWith('application/problem+json') || answer.body.status !== answer.status) {
      throw new Error(`Expected a problem but received ${answer.status} ${type}: ${JSON.stringify(answer.body)}`);
    }
    return { ...answer.body, headers: answer.headers };
  }

  async register(account: Account = newAccount()): Promise<User & { account: Account }> {
    return { ...(await this.expect<User>(201, 'POST', '/api/auth/register', { json: account })), account };
  }

  login({ email, password }: Pick<Account, 'email' | 'password'>): Promise<User> {
    return this.expect<User>(200, 'POST', '/api/auth/login', { json: { email, password } });
  }

  /** Returns the response of an upload, whatever its status. `source` is a path or the bytes. */
  async tryUpload(
    source: string | Uint8Array<ArrayBuffer>,
    { filename, title, headers }: UploadOptions = {},
  ): Promise<Answer<UploadAnswer>> {
    const form = new FormData();
    if (title !== undefined) form.set('title', title);
    const blob = typeof source === 'string' ? await openAsBlob(source) : new Blob([source]);
    form.set('file', blob, filename ?? (typeof source === 'string' ? basename(source) : 'file'));
    return this.call('POST', '/api/media', { body: form, ...(headers && { headers }) });
  }

  async upload(source: string | Uint8Array<ArrayBuffer>, options?: UploadOptions): Promise<Media> {
    const answer = await this.tryUpload(source, options);
    if (answer.status !== 201) throw new UnexpectedAnswerError(201, answer);
    return answer.body as Media;
  }

  media(id: string): Promise<Media> {
    return this.expect<Media>(200, 'GET', `/api/media/${id}`);
  }

  /** Resolves with the medium once it is completed or failed. */
  async waitUntilSettled(id: string, timeoutMs = 60_000): Promise<Media> {
    return eventually(
      () => this.media(id),
      (media) => media.status === 'completed' || media.status === 'failed',
      timeoutMs,
    );
  }

  private keepCookies(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      const expires = /expires=([^;]+)/i.exec(line)?.[1];
      if (value === '' || (expires && Date.parse(expires) < Date.now())) this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
  }
}

/** Polls `ask` until `isReached` accepts its result. @throws {Error} with the last result on timeout */
export async function eventually<T>(
  ask: () => Promise<T>,
  isReached: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ;) {
    const answer = await ask();
    if (isReached(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`Not reached within ${timeoutMs} ms; the last result was ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
