import { aMedium } from '#testing';
import { applyRetry } from './media.moves';

describe('applyRetry', () => {
  it('keeps the latest 300 entries of the history', () => {
    const at = new Date().toISOString();
    const history = Array.from({ length: 2_000 }, (_, step) => ({ status: 'failed' as const, at, round: step + 1 }));
    const { after } = applyRetry(aMedium({ status: 'failed', round: 2_000, history }), at);
    expect(after.history).toHaveLength(300);
    expect(after.history.at(-1)).toEqual({ status: 'uploaded', at, round: 2_001 });
    expect(after.history.at(-2)?.round).toBe(2_000);
  });
});
