import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import type { z } from 'zod';
import type { ApiKeyScope, Endpoint as EndpointShape } from '#contracts';
import { api, type Endpoint } from '#contracts';
import { isId } from '#platform';
import { ProblemError } from './problem';

export const ENDPOINT = 'snapstream:endpoint';

/** Makes a method the handler of an entry of the route table. Controllers are `@Controller()` without a prefix. */
export function Endpoint(endpoint: EndpointShape): MethodDecorator {
  return applyDecorators(
    RequestMapping({ method: RequestMethod[endpoint.method], path: endpoint.path }),
    HttpCode(endpoint.status),
    SetMetadata(ENDPOINT, endpoint),
  );
}

type Part = (req: Request) => unknown;

/** The schema is not passed as the decorator's data: it has a `transform` method, so Nest would treat it as a pipe. */
const validateParam = (part: Part, schema: z.ZodType): ParameterDecorator =>
  createParamDecorator((_: undefined, context: ExecutionContext) =>
    parseWith(schema, part(context.switchToHttp().getRequest<Request>())),
  )();

/** The JSON body, validated and typed by a schema. */
export const ZodBody = (schema: z.ZodType): ParameterDecorator => validateParam((req) => req.body ?? {}, schema);

/** The query string, validated and typed by a schema. */
export const ZodQuery = (schema: z.ZodType): ParameterDecorator => validateParam((req) => ({ ...req.query }), schema);

/** The `:id` of the path. @throws {ProblemError} not_found when it is not a valid id */
export const Id = createParamDecorator((_: undefined, context: ExecutionContext) =>
  idOf(context.switchToHttp().getRequest<Request>()),
);

function idOf(req: Request): string {
  const { id } = req.params;
  if (typeof id === 'string' && isId(id)) return id;
  throw new ProblemError('not_found');
}

/** @throws {ProblemError} validation_failed, naming each invalid field */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ProblemError('validation_failed', { errors: parsed.error.issues.flatMap(fieldErrors) });
}

function fieldErrors(issue: z.core.$ZodIssue) {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'Unknown field. Remove it.' }));
}

const endpoints: ReadonlyArray<{ endpoint: Endpoint; pattern: RegExp }> = Object.values(api)
  .flatMap((group): Endpoint[] => Object.values(group))
  .map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.path) }));

/** Matches as express does: case-insensitively, with or without a trailing slash. */
function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`, 'i');
}

/** Whether the route table marks a request as public. */
export function isPublic(method: string, path: string): boolean {
  return endpoints.some(({ endpoint, pattern }) => endpoint.public && accepts(endpoint, method) && pattern.test(path));
}

/** Returns the scopes that each route of a request accepts of an API key; none: the route needs a session. */
export function scopesOf(method: string, path: string): ReadonlyArray<readonly ApiKeyScope[]> {
  return endpoints
    .filter(({ endpoint, pattern }) => accepts(endpoint, method) && pattern.test(path))
    .map(({ endpoint }) => endpoint.scopes ?? []);
}

/** Returns the methods that a path allows if `method` is not among them; null if it is, or if the path is unknown. */
export function allowedMethods(method: string, path: string): string[] | null {
  const matching = endpoints.filter(({ pattern }) => pattern.test(path)).map(({ endpoint }) => endpoint);
  return matching.length === 0 || matching.some((endpoint) => accepts(endpoint, method))
    ? null
    : [...new Set(matching.map((endpoint) => endpoint.method))];
}

/** Endpoints that accept GET also accept HEAD. */
const accepts = (endpoint: Endpoint, method: string) =>
  endpoint.method === method || (method === 'HEAD' && endpoint.method === 'GET');
