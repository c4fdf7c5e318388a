import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from './routes';

const nginx = readFileSync(join(__dirname, '../../../local/nginx/nginx.conf'), 'utf8');
const matches = (pattern: string, path: string) =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
const targetOf = (path: string) =>
  rules.find(({ paths }) => paths.some((pattern) => matches(pattern, path)))?.to ?? 'media';

describe('the routes of the load balancer', () => {
  const prefixes = [...nginx.matchAll(/location (\/\S+) \{ proxy_pass http:\/\/\$(\w+); \}/g)];
  const [, pages] = /location ~ \^\/\(\((.+)\)\/\?\)\?\$/.exec(nginx)!;

  it('are those of nginx', () => {
    expect(prefixes.length).toBeGreaterThan(5);
    for (const [, prefix, target] of prefixes)
      for (const path of [prefix!, `${prefix}/a`]) expect([path, targetOf(path)]).toEqual([path, target]);
  });

  it('lead to the pages', () => {
    const names = pages!.replace('media/[^/]+', 'media/a').replace('admin/(users|media|queues|audit)', 'admin/users');
    const paths = ['/', '/assets/a.js', ...names.split('|').map((name) => `/${name}`)];
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect([path, targetOf(path)]).toEqual([path, 'web']);
  });

  it('fit the limit of five values a rule', () => {
    for (const { paths } of rules) expect(paths.length).toBeLessThanOrEqual(5);
  });
});
