import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { EmailState } from '#contracts';
import { ProblemError } from '#nest';
import {
  Dynamo,
  equals,
  exists,
  newNonce,
  Outbox,
  userKey,
  writeOrConfirm,
  type Change,
  type Condition,
} from '#platform';
import { Reservations } from '../reservations';
import { accountMail, userEvent } from '../user-events';
import { unlessChanged, type UserItem } from '../user.item';
import { UsersRepository } from '../users.repository';
import { AccountMails, nextLinkAt, validLinks, type FoundLink } from './account-mails';

/** Confirms e-mail addresses, and changes them once the new one is confirmed from its own mailbox. */
@Injectable()
export class EmailChanges {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly users: UsersRepository,
    private readonly reservations: Reservations,
    private readonly mails: AccountMails,
  ) {}

  /** The state of the address, for the profile. */
  state(user: UserItem): EmailState {
    const changes = Object.values(validLinks(user)).flatMap(({ email, expiresAt }) =>
      email && email !== user.email ? { email, expiresAt } : [],
    );
    const latest = changes.toSorted((a, b) => (a.expiresAt < b.expiresAt ? 1 : -1))[0];
    return { email: user.email, verified: user.emailVerifiedAt !== undefined, pending: latest ?? null };
  }

  /**
   * Mails a link to a new address, and a notice to the current one. For the current address its link is mailed again.
   * @throws {ProblemError} email_taken, too_many_attempts, conflict
   */
  async request(req: Request, user: UserItem, email: string): Promise<void> {
    const isCurrent = email.toLowerCase() === user.emailLower;
    if (!isCurrent && (await this.users.findByEmail(email))) throw new ProblemError('email_taken');
    const nextAt = nextLinkAt(user, 'email');
    if (nextAt) throw tooMany(nextAt);
    const mail = accountMail(user, req);
    const link = userEvent(user.id, 'user.email_confirmation_requested', { ...mail, to: email, nonce: newNonce() });
    const notice = userEvent(user.id, 'user.email_change_requested', { ...mail, otherEmail: email });
    const isSent = await this.mails.sendLink(user, { purpose: 'email', email }, isCurrent ? [link] : [link, notice]);
    if (!isSent) throw new ProblemError('conflict');
  }

  /** @throws {ProblemError} token_invalid; email_taken when another account got the address meanwhile */
  async confirm(req: Request, token: string): Promise<void> {
    const found = await this.mails.findLink(token, 'email');
    if (!found?.link.email) throw new ProblemError('token_invalid');
    const email = found.link.email;
    const isDone =
      email.toLowerCase() === found.user.emailLower
        ? await this.update(found, { set: [['email', email]] })
        : await this.move(req, found, email);
    if (!isDone) throw new ProblemError('token_invalid');
  }

  private async move(req: Request, found: FoundLink, email: string): Promise<boolean> {
    const { user } = found;
    const emailLower = email.toLowerCase();
    const releaseOld = await this.reservations.prepareRelease('email', user.emailLower);
    if (!(await this.reservations.reserve('email', emailLower, user.id))) throw new ProblemError('email_taken');
    const event = userEvent(user.id, 'user.email_changed', { ...accountMail(user, req), otherEmail: email });
    const set = [['email', email], ['emailLower', emailLower], ...Outbox.addEvents(user.id, [event])] as const;
    // if not, the reservation is left to expire: a concurrent request of the same link may have used it
    if (!(await this.update(found, { set }))) return false;
    await this.reservations.confirm('email', emailLower, user.id);
    await releaseOld();
    await this.mails.announce(event);
    return true;
  }

  /** Marks the address as confirmed, and removes every link that confirms an address. */
  private update({ user, hash }: FoundLink, { set }: Required<Pick<Change, 'set'>>): Promise<boolean> {
    const verifiedAt = new Date().toISOString();
    const kept = Object.entries(user.links ?? {}).filter(([, { purpose }]) => purpose !== 'email');
    const when: Condition = unlessChanged(exists(['links', hash]), equals('emailLower', user.emailLower));
    const change = {
      set: [
        ...set,
        ['links', Object.fromEntries(kept)],
        ['linksAt', verifiedAt],
        ['emailVerifiedAt', verifiedAt],
      ] as NonNullable<Change['set']>,
      when,
    };
    return writeOrConfirm(
      async () => (await this.dynamo.update('users', userKey(user.id), change)) !== null,
      async () => {
        const now = await this.users.find(user.id);
        return now?.linksAt === verifiedAt && now.emailVerifiedAt === verifiedAt;
      },
    );
  }
}

function tooMany(nextAt: string): ProblemError {
  const seconds = Math.max(1, Math.ceil((Date.parse(nextAt) - Date.now()) / 1_000));
  return new ProblemError('too_many_attempts', { headers: { 'Retry-After': String(seconds) } });
}
