import type { User } from '#contracts';
import { api } from '../network/api';
import { load } from '../network/load';
import { ApiProblem } from '../network/problem';
import { Store } from '../ui/store';

/** Who is logged in; null: nobody. */
export const session = new Store<User | null>(null);

/** Asks the server once, at start. Waits while the server is away: guessing "logged out" would be wrong. */
export async function restoreSession(): Promise<void> {
  const user = await load(() => currentUser(), new AbortController().signal);
  session.set(user);
}

async function currentUser(): Promise<User | null> {
  try {
    return await api.me();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}
