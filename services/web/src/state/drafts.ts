import type { UpdateMediaRequest } from '#contracts';

const prefix = 'snapstream.draft.';

/** Returns what this tab kept of a medium's details that were typed and not saved. */
export function readDraft(userId: string, mediaId: string): UpdateMediaRequest {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(userId, mediaId)) ?? '{}') as UpdateMediaRequest;
  } catch {
    return {}; // Storage may be blocked.
  }
}

/** Keeps unsaved details until they are saved, over a reload and a login; an empty draft is removed. */
export function keepDraft(userId: string, mediaId: string, draft: UpdateMediaRequest): void {
  try {
    if (Object.keys(draft).length === 0) sessionStorage.removeItem(keyOf(userId, mediaId));
    else sessionStorage.setItem(keyOf(userId, mediaId), JSON.stringify(draft));
  } catch {
    // Storage may be blocked or full; the details are then lost if they cannot be saved.
  }
}

/** Removes all drafts, at a logout by the user. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
  } catch {
    // Storage may be blocked; then there are none.
  }
}

function keyOf(userId: string, mediaId: string): string {
  return `${prefix}${userId}.${mediaId}`;
}
