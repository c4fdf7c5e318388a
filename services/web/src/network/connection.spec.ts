import { connection } from './connection';

describe('connection', () => {
  it('is well again only when every part that was away is back', () => {
    const seen: string[] = [];
    const watching = new AbortController();
    connection.state.onChange((state) => seen.push(state), watching.signal);
    connection.lost('unavailable', 'media');
    connection.back('auth');
    connection.lost('unreachable', 'notifications');
    connection.back('notifications');
    expect(connection.lostParts).toEqual(['media']);
    connection.back('media');
    expect(seen).toEqual(['unavailable', 'unreachable', 'unavailable', 'ok']);
    watching.abort();
  });
});
