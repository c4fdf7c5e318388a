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
import type { Endpoint as EndpointShape } from '#contracts';
import { api, type Endpoint } from '#contracts';
import { isId } from '#platform';
import { ProblemError } from './problem';

export const ENDPOINT = 'snapstream:endpoint';

/** Makes a method answer an entry of the route table. Controllers are `@Controller()` without a prefix. */
export function Endpoint(endpoint: EndpointShape): MethodDecorator {
  return applyDecorators(
    RequestMapping({ method: RequestMethod[endpoint.method], path: endpoint.path }),
    HttpCode(endpoint.status),
    SetMetadata(ENDPOINT, endpoint),
  );
}

type Part = (req: Request) => unknown;

/** Nest takes anything with a `transform` method for a pipe, and a schema has one: hence not as the decorator's data. */
const judged = (part: Part, schema: z.ZodType): ParameterDecorator =>
  createParamDecorator((_: undefined, context: ExecutionContext) =>
    parseWith(schema, part(context.switchToHttp().getRequest<Request>())),
  )();

/** The JSON body, judged and typed by a schema. */
export const ZodBody = (schema: z.ZodType): ParameterDecorator => judged((req) => req.body ?? {}, schema);

/** The query string, judged and typed by a schema. */
export const ZodQuery = (schema: z.ZodType): ParameterDecorator => judged((req) => ({ ...req.query }), schema);

/** The `:id` of the address. @throws {ProblemError} not_found for what can be no id */
export const Id = createParamDecorator((_: undefined, context: ExecutionContext) =>
  idOf(context.switchToHttp().getRequest<Request>()),
);

function idOf(req: Request): string {
  const { id } = req.params;
  if (typeof id === 'string' && isId(id)) return id;
  throw new ProblemError('not_found');
}

/** @throws {ProblemError} validation_failed, naming each field that is wrong. */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ProblemError('validation_failed', { errors: parsed.error.issues.flatMap(fieldErrors) });
}

function fieldErrors(issue: z.core.$ZodIssue) {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'This field is not known here.' }));
}

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
  return there.length === 0 || there.some((endpoint) => takes(endpoint, method))
    ? null
    : [...new Set(there.map((endpoint) => endpoint.method))];
}

/** Who answers GET answers HEAD. */
const takes = (endpoint: Endpoint, method: string) =>
  endpoint.method === method || (method === 'HEAD' && endpoint.method === 'GET');
