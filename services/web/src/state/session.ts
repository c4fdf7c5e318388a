import type { User } from '#contracts';
import { api } from '../network/api';
import { load } from '../network/load';
import { ApiProblem } from '../network/problem';
import { Store } from '../ui/store';

/** The logged-in user; null without a session. */
export const session = new Store<User | null>(null);

/** True after the server ended the session, until the next login: the login page says so. */
export const sessionEnded = new Store(false);

/** Reads the session at the start. Retries while the server is unavailable, because the session may still exist. */
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
