import { connection } from './connection';

describe('connection', () => {
  it('is well again only when every part that was away is back', () => {
    const seen: string[] = [];
    const watching = new AbortController();
    connection.state.onChange((state) => seen.push(state), watching.signal);
    connection.markLost('unavailable', 'media');
    connection.markRestored('auth');
    connection.markLost('unreachable', 'notifications');
    connection.markRestored('notifications');
    expect(connection.lostParts).toEqual(['media']);
    connection.markRestored('media');
    expect(seen).toEqual(['unavailable', 'unreachable', 'unavailable', 'ok']);
    watching.abort();
  });
});
