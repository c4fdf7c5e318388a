import { Injectable } from '@nestjs/common';
import { collectPage, Directory, Dynamo, userIdOf, userKey, type DirectoryPage } from '#platform';
import { parseUser, type UserItem } from '../user.item';

/** The accounts of the installation, as admins list them. */
@Injectable()
export class UserDirectory {
  private readonly directory: Directory;

  constructor(private readonly dynamo: Dynamo) {
    this.directory = new Directory(dynamo, 'users');
  }

  /** Enters a new account. Idempotent. */
  add(userId: string): Promise<void> {
    return this.directory.add(userId, {});
  }

  /** Removes an account that is deleted. Idempotent. */
  remove(userId: string): Promise<void> {
    return this.directory.remove(userId);
  }

  /** Returns accounts that are not deleted, newest first. `q`: a part of the username or e-mail, in lower case. */
  page(limit: number, q: string, before?: string): Promise<DirectoryPage<UserItem>> {
    return collectPage(
      { limit, before },
      (size, from) => this.read(q ? size : limit, from),
      ({ usernameLower, emailLower }) => usernameLower.includes(q) || emailLower.includes(q),
    );
  }

  /** Enters the accounts that are older than the directory. */
  async complete(signal?: AbortSignal): Promise<void> {
    for await (const { pk } of this.dynamo.scan<{ pk: string }>('users', ['pk'])) {
      signal?.throwIfAborted();
      const userId = userIdOf(pk);
      if (userId) await this.add(userId);
    }
  }

  private async read(limit: number, before?: string): Promise<DirectoryPage<UserItem>> {
    const { items, lastId } = await this.directory.page(limit, before);
    const rows = await this.dynamo.getMany(
      'users',
      items.map(({ id }) => userKey(id)),
    );
    const users = rows.map((row) => parseUser(row)).filter(({ deletedAt }) => !deletedAt);
    return { items: users.toSorted((a, b) => (a.id < b.id ? 1 : -1)), lastId };
  }
}
