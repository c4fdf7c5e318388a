import { BlockList, isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import type { ConfirmPasswordResetRequest, PasswordReset } from '#contracts';
import { networkOf, ProblemError, Sessions, Throttle } from '#nest';
import { CONFIG, JobQueue, newNonce, REDIS } from '#platform';
import { PasswordHasher } from '../password-hasher';
import { assertStrongPassword } from '../password-policy';
import { accountMail, originOf, userEvent } from '../user-events';
import { UsersRepository } from '../users.repository';
import { AccountMails, nextLinkAt } from './account-mails';

const rule = { name: 'password-reset', points: 100, durationSeconds: 15 * 60 };

/** Limits requests for reset links, and queues them: the look-up of the account happens after the response. */
@Injectable()
export class PasswordResetRequests {
  private readonly throttle: Throttle;

  constructor(
    private readonly queue: JobQueue,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(REDIS) redis: Redis,
  ) {
    this.throttle = new Throttle(redis, config.tablePrefix, rule);
  }

  /** @throws {ProblemError} too_many_attempts from one network; unknown_host when the link cannot be trusted */
  async accept(req: Request, email: string): Promise<void> {
    if (!this.config.publicUrl && !isOwnHost(req))
      throw new ProblemError('unknown_host', {
        detail:
          'The link in the mail would lead to an address that is not configured. Let the operator set PUBLIC_URL.',
      });
    const attempt = await this.throttle.reserve(networkOf(req.ip ?? ''));
    await attempt.recordFailure(); // every request counts
    await this.queue.send('passwordResets', { email: email.toLowerCase(), origin: originOf(req) });
  }
}

/** Mails links by which a forgotten password is replaced, and sets the new one. */
@Injectable()
export class PasswordResets {
  constructor(
    private readonly users: UsersRepository,
    private readonly mails: AccountMails,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
  ) {}

  /** Mails a link if there is such an account, and fewer than the limit of valid ones. */
  async send({ email, origin }: PasswordReset): Promise<void> {
    const user = await this.users.findByEmail(email);
    if (!user || nextLinkAt(user, 'password')) return;
    const mail = { ...accountMail(user), origin, nonce: newNonce() };
    await this.mails.sendLink(user, { purpose: 'password' }, [
      userEvent(user.id, 'user.password_reset_requested', mail),
    ]);
  }

  /**
   * Sets the password of the link's account and ends all of its sessions.
   * @throws {ProblemError} token_invalid, validation_failed
   */
  async confirm(req: Request, { token, password }: ConfirmPasswordResetRequest): Promise<void> {
    const found = await this.mails.findLink(token, 'password');
    if (!found) throw new ProblemError('token_invalid');
    const { user, hash } = found;
    assertStrongPassword(password, user, 'password');
    const passwordHash = await this.hasher.hash(password, { ip: req.ip ?? '', isKnown: true });
    const event = userEvent(user.id, 'user.password_changed', accountMail(user, req));
    await this.sessions.endAll(user.id); // before as well: if Redis is unavailable, the link must stay valid
    if (!(await this.users.setPassword(user, passwordHash, event, hash))) throw new ProblemError('token_invalid');
    await this.sessions.endAll(user.id);
    await this.mails.announce(event);
  }
}

/** Addresses of local networks (RFC 1918, RFC 4193, RFC 3927, RFC 4291) and of the machine itself. */
const localAddresses = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  localAddresses.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const)
  localAddresses.addSubnet(network, prefix, 'ipv6');

/**
 * Whether the host of a request is surely one of this server. Without PUBLIC_URL any IP address is accepted as a host,
 * and an attacker could name one of theirs in a request for the link of another person (password reset poisoning,
 * OWASP Forgot Password Cheat Sheet): a public one must be the address that the connection was made to.
 */
function isOwnHost(req: Request): boolean {
  const { hostname } = new URL(originOf(req));
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family === 0) return true; // names were checked: see rejectUnknownHost
  const own = (req.socket.localAddress ?? '').replace(/^::ffff:/, '');
  return address === own || localAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
