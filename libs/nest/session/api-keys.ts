import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Redis } from 'ioredis';
import type { ApiKey, CreateApiKeyRequest, NewApiKey } from '#contracts';
import { all, exists, missing, newId, sizeBelow, userKey, withRedis, writeOrConfirm, type Dynamo } from '#platform';
import { ProblemError } from '../http/problem';
import type { SessionUser } from './current-user';
import { addressOf } from './network';
import { endedChannel } from './session-events';

/** The keys of an account, by id, as the account's item stores them: they are deleted together. */
interface Account {
  disabledAt?: string;
  deletedAt?: string;
  apiKeys?: Record<string, StoredKey>;
}
interface StoredKey extends Omit<ApiKey, 'id'> {
  /** SHA-256 of the key: its secret is random, so a slow hash would add nothing. */
  hash: string;
}

const MAX_KEYS = 20;
const TOUCH_MS = 5 * 60_000;
/** Different wrong keys of one account from one address; more are refused without a look at the table. */
const MAX_WRONG_KEYS = 100;
const WRONG_KEYS_SECONDS = 15 * 60;

const SECRET_BYTES = 24;
/** The id of the account, the secret, and a checksum of both, by which scanners of leaked secrets recognise a key. */
const KEY = /^(snap_([0-9A-Z]{26})_[0-9a-f]{48})([0-9a-f]{8})$/;

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const checksumOf = (text: string) => crc32(text).toString(16).padStart(8, '0');

/**
 * The API keys of accounts.
 * Every method @throws {DependencyUnavailableError} while DynamoDB or Redis is unavailable
 */
export class ApiKeys {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Creates a key. Only this response contains it. @throws {ProblemError} too_many_api_keys, unauthenticated */
  async create(userId: string, { name, scopes, expiresAt }: CreateApiKeyRequest): Promise<NewApiKey> {
    const id = newId();
    const start = `snap_${userId}_${randomBytes(SECRET_BYTES).toString('hex')}`;
    const key = start + checksumOf(start);
    const shown = { name, scopes, expiresAt, createdAt: new Date().toISOString(), lastUsedAt: null };
    const stored: StoredKey = { ...shown, ending: key.slice(-4), hash: hashOf(key) };
    const isOpen = all(exists('pk'), missing('deletedAt'));
    await this.dynamo.update('users', userKey(userId), {
      set: [['apiKeys', {}]],
      when: all(isOpen, missing('apiKeys')),
    });
    const isCreated = await writeOrConfirm(
      () =>
        this.dynamo.update('users', userKey(userId), {
          set: [[['apiKeys', id], stored]],
          when: all(isOpen, exists('apiKeys'), sizeBelow('apiKeys', MAX_KEYS)),
        }),
      async () => (await this.keysOf(userId))[id],
    );
    if (!isCreated) throw new ProblemError((await this.isDeleted(userId)) ? 'unauthenticated' : 'too_many_api_keys');
    return { ...toApiKey(id, stored), key };
  }

  /** Returns the keys of an account, newest first. */
  async list(userId: string): Promise<ApiKey[]> {
    const keys = Object.entries(await this.keysOf(userId));
    return keys.map(([id, stored]) => toApiKey(id, stored)).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Revokes a key and ends its event streams. @returns false when the account has no such key */
  async revoke(userId: string, id: string): Promise<boolean> {
    const path = ['apiKeys', id];
    const revoked = await this.dynamo.update('users', userKey(userId), { remove: [path], when: exists(path) });
    if (revoked) await this.endStreams(userId, id);
    return revoked !== null;
  }

  /** Ends the event streams of all keys of an account that is deleted or disabled. */
  async endAllStreams(userId: string): Promise<void> {
    const account = await this.dynamo.get<Account>('users', userKey(userId));
    for (const id of Object.keys(account?.apiKeys ?? {})) await this.endStreams(userId, id);
  }

  /**
   * Returns the account of a key. Wrong keys are remembered for a while, so that repeating one costs no read.
   * @throws {ProblemError} unauthenticated, account_disabled, too_many_attempts
   */
  async authenticate(key: string, ip: string): Promise<SessionUser> {
    const [, start, userId, checksum] = KEY.exec(key) ?? [];
    if (!start || !userId || checksum !== checksumOf(start)) throw invalidKey();
    const hash = hashOf(key);
    const wrongKeys = `${this.prefix}api-keys:wrong:${userId}:${addressOf(ip)}`;
    await this.rejectWrong(wrongKeys, hash);
    const account = await this.accountOf(userId);
    const found = Object.entries(account?.apiKeys ?? {}).find(([, stored]) => isEqual(stored.hash, hash));
    if (!found || isExpired(found[1])) {
      await withRedis(() => this.redis.multi().sadd(wrongKeys, hash).expire(wrongKeys, WRONG_KEYS_SECONDS).exec());
      throw invalidKey();
    }
    if (account?.disabledAt) throw new ProblemError('account_disabled');
    const [id, stored] = found;
    if (Date.now() - Date.parse(stored.lastUsedAt ?? stored.createdAt) > TOUCH_MS || !stored.lastUsedAt)
      await this.touch(userId, id);
    return { id: userId, sessionId: id, role: 'user', scopes: stored.scopes };
  }

  async isAlive(userId: string, id: string): Promise<boolean> {
    const account = await this.accountOf(userId);
    const stored = account?.apiKeys?.[id];
    return stored !== undefined && !isExpired(stored) && !account?.disabledAt;
  }

  private async rejectWrong(wrongKeys: string, hash: string): Promise<void> {
    const [isKnown, count] = await withRedis(() =>
      Promise.all([this.redis.sismember(wrongKeys, hash), this.redis.scard(wrongKeys)]),
    );
    if (isKnown) throw invalidKey();
    if (count >= MAX_WRONG_KEYS)
      throw new ProblemError('too_many_attempts', { headers: { 'Retry-After': String(WRONG_KEYS_SECONDS) } });
  }

  private async touch(userId: string, id: string): Promise<void> {
    const path = ['apiKeys', id];
    await this.dynamo.update('users', userKey(userId), {
      set: [[[...path, 'lastUsedAt'], new Date().toISOString()]],
      when: exists(path),
    });
  }

  /** A stream whose process does not receive this ends at its next check (see `Authentication.isAlive`). */
  private async endStreams(userId: string, sessionId: string): Promise<void> {
    await this.redis.publish(endedChannel(this.prefix), JSON.stringify({ userId, sessionId })).catch(() => {});
  }

  /** Returns no keys for an account that is deleted. */
  private async keysOf(userId: string): Promise<Record<string, StoredKey>> {
    return (await this.accountOf(userId))?.apiKeys ?? {};
  }

  private async accountOf(userId: string): Promise<Account | null> {
    const account = await this.dynamo.get<Account>('users', userKey(userId));
    return account?.deletedAt ? null : account;
  }

  private async isDeleted(userId: string): Promise<boolean> {
    const account = await this.dynamo.get<Account>('users', userKey(userId));
    return !account || account.deletedAt !== undefined;
  }
}

const toApiKey = (id: string, { hash: _hash, ...shown }: StoredKey): ApiKey => ({ id, ...shown });

const isEqual = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));

const isExpired = ({ expiresAt }: StoredKey) => expiresAt !== null && Date.parse(expiresAt) <= Date.now();

/** With the challenge of RFC 6750, section 3. */
const invalidKey = () =>
  new ProblemError('unauthenticated', {
    detail: 'This API key is not valid: it is mistyped, expired or revoked. Create another one in your profile.',
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
