import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NormalizedSchema } from '@smithy/core/schema';
import sharp from 'sharp';

type Body = Record<string, unknown>;
/** An error of the API, such as `new AwsError('ThrottlingException')`. */
export class AwsError extends Error {
  constructor(
    override readonly name: string,
    message = name,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** Responses by operation, e.g. `DetectText`; one that throws an {@link AwsError} responds with it. */
export type AwsOperations = Record<string, (input: Body) => Body>;

export interface TestAwsAnalysers {
  /** Options of the clients. */
  client: { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  /** The operations so far. */
  requests: Array<{ operation: string; input: Body }>;
  stop(): Promise<void>;
}

/** The SDK, with the schemas of the operations; loaded when needed, since it is large. */
const services: Record<string, () => Promise<object>> = {
  RekognitionService: () => import('@aws-sdk/client-rekognition'),
  Transcribe: () => import('@aws-sdk/client-transcribe'),
  Comprehend_20171127: () => import('@aws-sdk/client-comprehend'),
};

/**
 * Starts a server with the APIs of Rekognition, Transcribe and Comprehend. It checks signature, requests and also its
 * own responses by the schemas in the SDK, and the limits that those do not contain.
 * @param find returns what responds to an operation; undefined: the response is empty
 */
export async function startAwsAnalysers(
  find: (operation: string) => AwsOperations[string] | undefined,
): Promise<TestAwsAnalysers> {
  const requests: TestAwsAnalysers['requests'] = [];
  const respond = async (req: IncomingMessage): Promise<Body> => {
    const [service = '', operation = ''] = String(req.headers['x-amz-target']).split('.');
    const input = JSON.parse(await readAll(req)) as Body;
    requests.push({ operation, input });
    if (!req.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) throw new AwsError('IncompleteSignatureException');
    const sdk = (await services[service]?.()) as Record<string, readonly unknown[]> | undefined;
    const schema = sdk?.[`${operation}$`];
    if (!schema) throw new AwsError('UnknownOperationException', `${service}.${operation}`);
    check('ValidationException', mismatches(schema[4], input));
    await limits[operation]?.(input as never);
    const output = find(operation)?.(input) ?? {};
    check('TheServerOfTheTestIsWrong', mismatches(schema[5], output));
    return output;
  };
  const server = createServer((req, res) => {
    const send = (status: number, body: Body) =>
      res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    respond(req).then(
      (body) => send(200, body),
      (error: Error) =>
        send(error instanceof AwsError ? error.status : 500, { __type: error.name, message: error.message }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    client: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(req: IncomingMessage): Promise<string> {
  return Buffer.concat(await req.toArray()).toString();
}

function check(name: string, problems: string[]): void {
  if (problems.length > 0) throw new AwsError(name, problems.join('; '));
}

/** Compares a JSON body with a schema of the SDK; returns a sentence for each difference. */
function mismatches(schema: unknown, value: unknown, at = '$'): string[] {
  const normal = NormalizedSchema.of((typeof schema === 'function' ? schema() : schema) as never);
  if (normal.isStructSchema()) return structMismatches(normal, value, at);
  if (normal.isListSchema())
    return Array.isArray(value)
      ? value.flatMap((each, index) => mismatches(normal.getValueSchema(), each, `${at}[${index}]`))
      : [`${at} is not a list`];
  const type = jsonType(normal);
  return type && typeof value !== type ? [`${at} is not a ${type}`] : [];
}

function structMismatches(normal: NormalizedSchema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${at} is not an object`];
  const members = normal.getMemberSchemas();
  const raw = normal.getSchema() as unknown as unknown[];
  const required = Object.keys(members).slice(0, Number(raw[6] ?? 0)); // they come first
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, each]) =>
      members[name] ? mismatches(members[name], each, `${at}.${name}`) : [`${at}.${name} is unknown`],
    ),
  ];
}

function jsonType(schema: NormalizedSchema): string | null {
  if (schema.isStringSchema() || schema.isBlobSchema()) return 'string';
  if (schema.isBooleanSchema()) return 'boolean';
  return schema.isNumericSchema() || schema.isTimestampSchema() ? 'number' : null;
}

/** What the schemas do not contain: lengths, patterns, formats. From the API references. */
const limits: Record<string, (input: never) => Promise<void> | void> = {
  DetectLabels: checkImage,
  DetectModerationLabels: checkImage,
  DetectText: checkImage,
  DetectDominantLanguage: ({ Text }: { Text: string }) => checkText(Text, 100_000),
  DetectSentiment: ({ Text }: { Text: string }) => checkText(Text, 5_000),
  DetectKeyPhrases: ({ Text }: { Text: string }) => checkText(Text, 100_000),
  StartTranscriptionJob: checkJob,
};

async function checkImage({ Image: { Bytes } }: { Image: { Bytes: string } }): Promise<void> {
  const image = Buffer.from(Bytes, 'base64');
  if (image.length > 5_242_880) throw new AwsError('ImageTooLargeException');
  const { format, width, height } = await sharp(image).metadata();
  if (format !== 'jpeg' && format !== 'png') throw new AwsError('InvalidImageFormatException');
  check('InvalidParameterException', Math.min(width, height) < 80 ? ['smaller than 80 pixels'] : []);
}

function checkText(text: string, maxBytes: number): void {
  check('InvalidRequestException', text.length === 0 ? ['empty'] : []);
  if (Buffer.byteLength(text) > maxBytes) throw new AwsError('TextSizeLimitExceededException');
}

function checkJob(job: Partial<Record<string, string | boolean>> & { Media?: { MediaFileUri?: string } }): void {
  const languages = ['LanguageCode', 'IdentifyLanguage', 'IdentifyMultipleLanguages'].filter((name) => job[name]);
  check('BadRequestException', [
    ...(/^[0-9a-zA-Z._-]{1,200}$/.test(String(job.TranscriptionJobName)) ? [] : ['TranscriptionJobName']),
    ...(/^s3:\/\/[a-z0-9.-]+\/\S+$/.test(job.Media?.MediaFileUri ?? '') ? [] : ['MediaFileUri']),
    ...(/^[a-zA-Z0-9-_.!*'()/]{1,1024}$/.test(String(job.OutputKey)) ? [] : ['OutputKey']),
    ...(['amr', 'flac', 'm4a', 'mp3', 'mp4', 'ogg', 'wav', 'webm'].includes(String(job.MediaFormat))
      ? []
      : ['MediaFormat']),
    ...(languages.length === 1 ? [] : ['exactly one way to choose the language']),
  ]);
}
