import type { Media } from '#contracts';

const order = { uploaded: 0, processing: 1, completed: 2, failed: 2 };

/** Events may arrive out of order: a round only grows, a status within it only moves on, progress only rises. */
export function isOlder(candidate: Media, known: Media): boolean {
  if (candidate.round !== known.round) return candidate.round < known.round;
  if (candidate.status !== known.status) return order[candidate.status] < order[known.status];
  return candidate.updatedAt < known.updatedAt;
}
