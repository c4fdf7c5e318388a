import { z } from 'zod';
import { createDocument, type oas31, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { api, problems, problemSchema, type Endpoint, type ProblemCode } from '#contracts';
import { SAFE_METHODS } from './cross-site';

/** Problems that any endpoint can return. */
const always: readonly ProblemCode[] = ['unknown_host', 'temporarily_unavailable', 'internal_error'];
const unsafe: readonly ProblemCode[] = ['cross_site_request'];
const withBody: readonly ProblemCode[] = [
  'validation_failed',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
];

/** Generates the OpenAPI 3.1 document from the route table. */
export function openApiDocument() {
  const paths: ZodOpenApiPathsObject = {};
  for (const [tag, group] of Object.entries(api)) {
    for (const [name, endpoint] of Object.entries(group) as Array<[string, Endpoint]>) {
      const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(tag, name, endpoint) };
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'SnapStream', version: '1.0.0', description: 'Upload images, video and sound; see them processed.' },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'snapstream.sid' },
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `snap_…`, with the scope of the route.' },
      },
    },
    security: [{ session: [] }],
    paths,
  });
}

function operation(tag: string, name: string, endpoint: Endpoint): ZodOpenApiOperationObject {
  const parameters = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, parameter]) => [parameter!, z.string()]);
  return {
    operationId: `${tag}.${name}`,
    tags: [tag],
    summary: endpoint.summary,
    ...security(endpoint),
    requestParams: {
      ...(parameters.length > 0 && { path: z.object(Object.fromEntries(parameters)) }),
      ...(endpoint.query && { query: endpoint.query as z.ZodObject }),
    },
    ...requestBody(endpoint),
    responses: { [String(endpoint.status)]: success(endpoint), ...problemResponses(endpoint) },
  };
}

function security({ public: isPublic, scopes }: Endpoint): Pick<ZodOpenApiOperationObject, 'security'> {
  if (isPublic) return { security: [] };
  return scopes ? { security: [{ session: [] }, ...scopes.map((scope) => ({ apiKey: [scope] }))] } : {};
}

const uploadForm: oas31.SchemaObject = {
  type: 'object',
  required: ['file'],
  properties: { title: { type: 'string' }, file: { type: 'string', contentMediaType: 'application/octet-stream' } },
};

function requestBody(endpoint: Endpoint): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (endpoint.body)
    return { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } };
  if (!endpoint.consumes) return {};
  if (endpoint.consumes !== 'multipart/form-data') return { requestBody: { content: { [endpoint.consumes]: {} } } };
  return { requestBody: { required: true, content: { [endpoint.consumes]: { schema: uploadForm } } } };
}

function success(endpoint: Endpoint) {
  if (endpoint.response) return { description: 'Done', content: { 'application/json': { schema: endpoint.response } } };
  if (endpoint.produces)
    return { description: 'Done', content: { [endpoint.produces]: { schema: { type: 'string' as const } } } };
  return { description: 'Done' };
}

/** The admin area does not exist for anyone but admins, so without a session, too, the response is 404. */
function accessErrors({ public: isPublic, admin }: Endpoint): readonly ProblemCode[] {
  if (isPublic) return [];
  return admin ? ['not_found'] : ['unauthenticated', 'insufficient_scope'];
}

function problemResponses(endpoint: Endpoint) {
  const codes = new Set<ProblemCode>([
    ...endpoint.errors,
    ...accessErrors(endpoint),
    ...(SAFE_METHODS.has(endpoint.method) ? [] : unsafe),
    ...(endpoint.body ? withBody : []),
    ...(endpoint.query ? (['validation_failed'] as const) : []),
    ...always,
  ]);
  const byStatus = Object.groupBy(codes, (code) => String(problems[code][0]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group]) => [
      status,
      {
        description: group!.map((code) => `\`${code}\`: ${problems[code][2]}`).join('\n\n'),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
