import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Dynamo, userKey } from '#platform';
import { ProblemError } from '../http/problem';
import type { Actor } from './audit-log';

interface Account {
  id: string;
  username: string;
  role: string;
  disabledAt?: string;
  deletedAt?: string;
}

/** Whether a path belongs to the admin area; express compares paths without regard to case, too. */
export const isAdminPath = (path: string): boolean => /^\/api\/admin(?:\/|$)/i.test(path);

/**
 * Who is an admin. Read from the account at each request to the admin area, not from the session, so that a demotion
 * acts at once.
 */
export class Admins {
  constructor(private readonly dynamo: Dynamo) {}

  /** @returns null when the account is none of an admin, or is disabled or deleted */
  async find(userId: string): Promise<{ id: string; username: string } | null> {
    const account = await this.dynamo.get<Account>('users', userKey(userId));
    if (account?.role !== 'admin' || account.disabledAt || account.deletedAt) return null;
    return { id: account.id, username: account.username };
  }
}

/** The admin who sent the request, with its address, as the audit log names them. */
export const CurrentAdmin = createParamDecorator((_: undefined, context: ExecutionContext): Actor => {
  const req = context.switchToHttp().getRequest<Request>();
  if (!req.admin) throw new ProblemError('not_found');
  return { ...req.admin, from: req.ip ?? '' };
});
