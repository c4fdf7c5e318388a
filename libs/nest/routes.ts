import { api, type Endpoint } from '#contracts';

const endpoints: ReadonlyArray<{ endpoint: Endpoint; pattern: RegExp }> = Object.values(api)
  .flatMap((group): Endpoint[] => Object.values(group))
  .map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.path) }));

/** As express matches: without regard to case, with or without a slash at the end. */
function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`, 'i');
}

/** True for the calls that the route table opens to everybody. */
export function isPublic(method: string, path: string): boolean {
  return endpoints.some(({ endpoint, pattern }) => endpoint.public && takes(endpoint, method) && pattern.test(path));
}

/** The methods that an address takes when `method` is not one of them; null: it takes it, or is not in the route table. */
export function otherMethods(method: string, path: string): string[] | null {
  const there = endpoints.filter(({ pattern }) => pattern.test(path)).map(({ endpoint }) => endpoint);
  return there.length === 0 || there.some((endpoint) => takes(endpoint, method)) ? null : [...new Set(there.map((endpoint) => endpoint.method))];
}

/** Who answers GET answers HEAD. */
const takes = (endpoint: Endpoint, method: string) => endpoint.method === method || (method === 'HEAD' && endpoint.method === 'GET');
