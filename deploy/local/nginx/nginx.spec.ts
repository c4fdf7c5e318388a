import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems } from '#contracts';
import { securityHeaders } from '../../../libs/nest/http/security-headers';

const read = (name: string) => readFileSync(join(__dirname, name), 'utf8');

describe('the nginx configuration', () => {
  it.each(['http', 'https'])(
    'sends the security headers of the services with what it serves itself, over %s',
    (scheme) => {
      expect(headersOfNginx(scheme)).toEqual(headersOfServices(scheme));
    },
  );

  it('answers for an unavailable service with the problem temporarily_unavailable of the contract', () => {
    const [, body] = /return 503 '(.*)';/.exec(read('nginx.conf'))!;
    const [status, title, detail] = problems.temporarily_unavailable;
    expect(JSON.parse(body!)).toEqual({
      type: 'urn:snapstream:problem:temporarily_unavailable',
      title,
      status,
      detail,
      code: 'temporarily_unavailable',
    });
  });

  it.each([
    '/',
    '/login',
    '/register',
    '/reset-password',
    '/confirm-email',
    '/upload',
    '/media',
    '/media/01K',
    '/notifications',
    '/profile',
    '/admin',
    '/admin/users',
    '/login/',
  ])('serves the shell for %s', (path) => {
    expect(pagePattern().test(path)).toBe(true);
  });

  it.each(['/nothing', '/admin/nothing', '/media/01K/more', '/loginx', '/api/media', '/assets/main.js'])(
    'does not serve the shell for %s',
    (path) => {
      expect(pagePattern().test(path)).toBe(false);
    },
  );
});

const pagePattern = () => new RegExp(/location ~ (\S+) \{/.exec(read('nginx.conf'))![1]!);

function headersOfServices(scheme: string): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => (headers[name] = value), removeHeader: () => {} };
  securityHeaders()({ secure: scheme === 'https' } as never, response as never, () => {});
  return headers;
}

/**
 * Reads the `add_header` lines, with the variables that security-policy.conf maps. nginx does not send empty headers.
 */
function headersOfNginx(scheme: string): Record<string, string> {
  const maps = [
    ...read('security-policy.conf').matchAll(/map \$client_scheme (\$\w+) \{ default ""; https "(.*)"; \}/g),
  ];
  const valueOf = (text: string) =>
    maps
      .reduce((value, [, name, secure]) => value.replace(name!, scheme === 'https' ? secure! : ''), text)
      .replace('$bucket_origin', '');
  const lines = [...read('security-headers.conf').matchAll(/add_header (\S+) "?([^"]*?)"? always;/g)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, valueOf(value!)]).filter(([, value]) => value));
}
