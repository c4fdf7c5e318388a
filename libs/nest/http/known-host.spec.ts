import { loadConfig } from '#config';
import { hostCheck } from './known-host';

describe('hostCheck', () => {
  const isKnown = hostCheck(loadConfig({ HOST: 'nas.example.net', PUBLIC_URL: 'https://Media.example.org:8443/' }));

  it.each([
    '127.0.0.1:3000',
    '192.168.1.20',
    '[::1]:3000',
    'localhost:3000',
    'app.localhost',
    'my-nas:8080',
    'my_nas.local',
    'printer.home.arpa',
    'ip-10-0-0-1.ec2.internal',
    'media.default.svc.cluster.local:3000',
    'nas.example.net:3000',
    'media.example.org',
    'MEDIA.EXAMPLE.ORG:443',
    'media.example.org.',
  ])('accepts %s', (host) => {
    expect(isKnown(host)).toBe(true);
  });

  it.each(['rebind.example:3000', '127.0.0.1.nip.io', 'localhost.example', 'evil.media.example.org', 'a b', ''])(
    'refuses %j, which DNS may resolve to this server',
    (host) => {
      expect(isKnown(host)).toBe(false);
    },
  );

  it('refuses every public name where no setting names it', () => {
    expect(hostCheck(loadConfig({ HOST: '0.0.0.0' }))('media.example.org')).toBe(false);
  });
});
