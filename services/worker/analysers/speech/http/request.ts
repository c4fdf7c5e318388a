import { openAsBlob } from 'node:fs';
import { Agent, fetch, FormData, type Response } from 'undici';
import { AnalyserFailure } from '../../analyser';
import type { Transcript } from '../transcribe';
import { parseAnswer } from './answer';

export interface TranscriptRequest {
  url: string;
  apiKey: string | null;
  model: string;
  /** A FLAC file and its duration. */
  path: string;
  seconds: number;
  signal: AbortSignal;
  agent: Agent;
}

/** The server cannot respond now, or not sensibly: the same request may succeed later. */
export class BusyError extends Error {
  constructor(
    message: string,
    /** As the server asks; undefined when it does not. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

const MAX_MESSAGE_LENGTH = 300;
/** The transcript of 12 minutes with times and tokens has some 100 kB. */
const MAX_RESPONSE_BYTES = 16 * 1024 ** 2;

/** Opens the connections to a server. Requests have their own limits of time: undici's 5 minutes are too short. */
export const openAgent = () =>
  new Agent({ headersTimeout: 0, bodyTimeout: 0, connectTimeout: 10_000, maxResponseSize: MAX_RESPONSE_BYTES });

/**
 * Sends a sound to `POST /audio/transcriptions` and returns what is said in it.
 * @throws {BusyError}
 * @throws {AnalyserFailure} when another attempt will not help, or only after an operator has changed something
 */
export async function requestTranscript(request: TranscriptRequest): Promise<Transcript> {
  const response = await post(request).catch((error: Error) => {
    throw new BusyError(`${error.message}: ${(error.cause as Error | undefined)?.message ?? 'no reason'}`);
  });
  const text = await response.text().catch((error: Error) => {
    throw new BusyError(`the response ended early: ${error.message}`);
  });
  if (!response.ok) throw toError(response, text);
  const answer = parseAnswer(text, request.seconds);
  if (!answer) throw new BusyError(`not a transcript: ${text.slice(0, MAX_MESSAGE_LENGTH)}`);
  // whisper.cpp reports errors with status 200
  if ('error' in answer) throw new AnalyserFailure('analyser_refused', false, answer.error);
  return answer;
}

async function post({ url, apiKey, model, path, signal, agent }: TranscriptRequest): Promise<Response> {
  const form = new FormData();
  form.set('model', model);
  form.set('response_format', 'verbose_json');
  form.set('timestamp_granularities[]', 'segment');
  form.set('file', await openAsBlob(path, { type: 'audio/flac' }), 'sound.flac');
  return fetch(`${url.replace(/\/+$/, '')}/audio/transcriptions`, {
    method: 'POST',
    body: form,
    headers: apiKey === null ? {} : { authorization: `Bearer ${apiKey}` },
    signal,
    dispatcher: agent,
  });
}

/** By the status codes of https://platform.openai.com/docs/guides/error-codes, which the others use as well. */
function toError({ status, headers }: Response, text: string): Error {
  const message = `${status}: ${text.slice(0, MAX_MESSAGE_LENGTH)}`;
  if (status === 429 && text.includes('insufficient_quota'))
    return new AnalyserFailure('analyser_unavailable', true, message);
  if ([408, 409, 425, 429].includes(status) || status >= 500) return new BusyError(message, pauseOf(headers));
  if ([401, 402, 403, 404].includes(status)) return new AnalyserFailure('analyser_unavailable', true, message);
  if (status === 413) return new AnalyserFailure('too_large', false, message);
  if (/unsupported_language|language\b.*\bnot supported/i.test(text))
    return new AnalyserFailure('language_unsupported', false, message);
  return new AnalyserFailure('analyser_refused', false, message);
}

/** Seconds or a date (RFC 9110 section 10.2.3). */
function pauseOf(headers: Response['headers']): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
