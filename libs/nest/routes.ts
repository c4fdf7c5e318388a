import { api, type Endpoint } from '#contracts';

const endpoints: ReadonlyArray<{ endpoint: Endpoint; pattern: RegExp }> = Object.values(api)
  .flatMap((group): Endpoint[] => Object.values(group))
  .map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.path) }));

/** As express matches: without regard to case, with or without a slash at the end. */
function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`, 'i');
}

const effective = (method: string) => (method === 'HEAD' ? 'GET' : method);

/** True for the calls that the route table opens to everybody. */
export function isPublic(method: string, path: string): boolean {
  return endpoints.some(({ endpoint, pattern }) => endpoint.public && endpoint.method === effective(method) && pattern.test(path));
}

/** The methods that an address takes when `method` is not one of them; null: it takes it, or is not in the route table. */
export function otherMethods(method: string, path: string): string[] | null {
  const taken = endpoints.filter(({ pattern }) => pattern.test(path)).map(({ endpoint }) => endpoint.method as string);
  return taken.length === 0 || taken.includes(effective(method)) ? null : [...new Set(taken)];
}
