import { ApiClient, deployments, type Stack } from '#testing';

// services run apart do not serve pages: in the composed stack, nginx does
const [[name, start]] = deployments as [(typeof deployments)[number]];
const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

describe(`serving the pages, ${name}`, () => {
  let stack: Stack;
  let api: ApiClient;

  beforeAll(async () => {
    stack = await start({ workers: 0 });
    api = new ApiClient(stack.baseUrl);
  });
  afterAll(() => stack.stop());

  const shell = async () => (await api.fetch('GET', '/', { headers: page })).text();

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
  ])('answers %s with the shell', async (path) => {
    const answer = await api.fetch('GET', path, { headers: page });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(await answer.text()).toBe(await shell());
  });

  it.each(['/nothing', '/media/01K/more', '/loginx'])(
    'answers the unknown address %s with the shell and 404',
    async (path) => {
      const answer = await api.fetch('GET', path, { headers: page });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([404, 'no-cache']);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await answer.text()).toBe(await shell());
    },
  );

  it('answers programs with problems of the API', async () => {
    expect(await api.problem('GET', '/nothing')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await api.problem('POST', '/nothing', { headers: page })).toMatchObject({ status: 404 });
    expect(await api.problem('GET', '/api/nothing', { headers: page })).toMatchObject({ status: 401 });
  });

  it('sends compressed assets, and plain ones to clients that accept no encoding', async () => {
    const path = /\/assets\/main-\w+\.js/.exec(await shell())![0];
    const plain = await api.fetch('GET', path, { headers: { 'accept-encoding': 'identity' } });
    const packed = await api.fetch('GET', path, { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(packed.headers.get('content-encoding')).toMatch(/^(br|gzip)$/);
    for (const { headers } of [plain, packed]) {
      expect(headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
      expect(headers.get('cache-control')).toContain('immutable');
      expect(headers.get('vary')).toContain('Accept-Encoding');
    }
    expect(Number(packed.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')) / 2);
    expect(await packed.text()).toBe(await plain.text());
    expect((await api.fetch('GET', '/assets/nothing.js')).status).toBe(404);
    expect((await api.fetch('GET', '/assets/..%2findex.html')).status).toBe(404);
  });
});
