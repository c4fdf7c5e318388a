import type { Redis } from 'ioredis';
import type { Config } from '#config';
import type { AnalysisFailureCode } from '#contracts';
import { DependencyUnavailableError, SharedRate } from '#platform';
import { AnalyserFailure } from '../analyser';

/** What all adapters of AWS need. */
export interface AwsAccess {
  region: string;
  /** Of all requests of this installation. */
  rate: SharedRate;
  /** Other options of the clients, for tests. */
  client?: { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };
}

/** For each operation: the least of any account (https://docs.aws.amazon.com/general/latest/gr/rekognition.html). */
const REQUESTS_PER_SECOND = 5;

/** Returns what the adapters of AWS need, from the configuration; the SDK finds the credentials. */
export const awsAccess = ({ region, tablePrefix }: Config, redis: Redis): AwsAccess => ({
  region,
  rate: new SharedRate(redis, tablePrefix, REQUESTS_PER_SECOND),
});

/** Options of a client: throttled requests are repeated by the SDK, which slows down for all of them. */
export const clientOptions = ({ region, client }: AwsAccess) =>
  ({ region, retryMode: 'adaptive', maxAttempts: 6, ...client }) as const;

/** Errors that the content causes: the same request would fail again. */
const OF_CONTENT: Record<string, AnalysisFailureCode> = {
  BadRequestException: 'analyser_refused',
  ImageTooLargeException: 'too_large',
  InvalidImageFormatException: 'analyser_refused',
  InvalidParameterException: 'analyser_refused',
  InvalidRequestException: 'analyser_refused',
  TextSizeLimitExceededException: 'too_large',
  UnsupportedLanguageException: 'language_unsupported',
  ValidationException: 'analyser_refused',
};

/**
 * Sends one request to AWS within the rate of the installation.
 * @throws {AnalyserFailure} when the content is refused, or AWS cannot be used now: throttled for long, unreachable, or
 *   without permission, which an operator can grant
 * @throws the reason of `signal`
 */
export async function call<T>({ rate }: AwsAccess, operation: string, signal: AbortSignal, send: () => Promise<T>) {
  try {
    await rate.take(operation, signal);
    return await send();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DependencyUnavailableError) throw error;
    const { name, message } = error as Error;
    const code = OF_CONTENT[name];
    throw new AnalyserFailure(code ?? 'analyser_unavailable', !code, `${operation}: ${name}: ${message}`);
  }
}
