import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { api } from '#contracts';
import { openApiDocument } from './openapi';

const document = openApiDocument();

it('equals the committed docs/openapi.json (npm run openapi)', () => {
  const committed: unknown = JSON.parse(readFileSync(join(__dirname, '../../../docs/openapi.json'), 'utf8'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(document)));
});

it('holds every entry of the route table, with a unique id', () => {
  const routes = Object.values(api).flatMap((group) => Object.values(group));
  const operations = Object.values(document.paths ?? {}).flatMap(
    (path) => Object.values(path as object) as Array<{ operationId: string }>,
  );
  expect(operations).toHaveLength(routes.length);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
});

it('references only schemas that it defines', () => {
  const schemas = Object.keys(document.components?.schemas ?? {});
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  );
  expect(references.length).toBeGreaterThan(0);
  for (const name of references) expect(schemas).toContain(name);
});

it('requires a session except for public endpoints', () => {
  expect(document.security).toEqual([{ session: [] }]);
  expect(document.paths?.['/api/auth/login']?.post).toMatchObject({ security: [] });
  expect(document.paths?.['/api/auth/me']?.get).not.toHaveProperty('security');
});
