import { connection } from './connection';

describe('connection', () => {
  it('is ok again only when every part that was lost is restored', () => {
    const seen: string[] = [];
    const controller = new AbortController();
    connection.state.onChange((state) => seen.push(state), controller.signal);
    connection.markLost('unavailable', 'media');
    connection.markRestored('auth');
    connection.markLost('unreachable', 'notifications');
    connection.markRestored('notifications');
    expect(connection.lostParts).toEqual(['media']);
    connection.markRestored('media');
    expect(seen).toEqual(['unavailable', 'unreachable', 'unavailable', 'ok']);
    controller.abort();
  });
});
