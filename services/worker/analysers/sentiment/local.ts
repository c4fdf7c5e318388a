import { fork, type ChildProcess } from 'node:child_process';
import { analysers, type AnalyserResults } from '#contracts';
import { childModule } from '../../sandbox/child-module';
import { AnalyserFailure, type Analyser, type AnalysisSubject } from '../analyser';

type Sentiment = AnalyserResults['sentiment'];

interface Reply {
  id: number;
  /** ISO 639-1; empty when it is unknown. */
  language: string;
  found: Pick<Sentiment, 'overall' | 'scores' | 'keyPhrases'> | null;
}

const TIMEOUT_MS = 60_000;
const IDLE_MS = 20_000;
/** About three hours of speech; a second of work. The rest of a longer text is not read. */
const MAX_CHARACTERS = 200_000;

/** Sentiment by VADER and key phrases by wink-nlp, both for English, in a process that ends when it is idle. */
export class LocalSentiment implements Analyser<'sentiment'> {
  readonly provider = 'local';
  readonly model = analysers.sentiment.providers.local.model;
  private child: ChildProcess | null = null;
  private idle: NodeJS.Timeout | undefined;
  private requests = 0;

  /** @throws {AnalyserFailure} no_text, language_unsupported, analyser_timeout */
  async analyse({ text }: AnalysisSubject, signal: AbortSignal): Promise<Sentiment> {
    signal.throwIfAborted();
    if (!text) throw new AnalyserFailure('no_text', false);
    const { language, found } = await this.request(text.content.slice(0, MAX_CHARACTERS), signal);
    if (!found) throw new AnalyserFailure('language_unsupported', false, language || 'unknown language');
    return { language, source: text.source, ...found };
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { child } = this;
    this.child = null;
    if (!child?.connected) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  private async request(text: string, signal: AbortSignal): Promise<Reply> {
    clearTimeout(this.idle);
    const id = (this.requests += 1);
    const child = this.open();
    const ended = new AbortController();
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const stop = (reason: unknown) => {
          void this.close(); // the work cannot be interrupted otherwise
          reject(reason as Error);
        };
        const timeout = setTimeout(() => stop(new AnalyserFailure('analyser_timeout', false)), TIMEOUT_MS);
        const receive = (reply: Reply) => reply.id === id && resolve(reply);
        const exit = () => reject(new Error('the process that reads texts has exited'));
        const abort = () => stop(signal.reason);
        child.on('message', receive).once('exit', exit);
        signal.addEventListener('abort', abort, { once: true });
        ended.signal.addEventListener('abort', () => {
          clearTimeout(timeout);
          child.off('message', receive).off('exit', exit);
          signal.removeEventListener('abort', abort);
        });
        child.send({ id, text });
      });
    } finally {
      ended.abort();
      this.idle = setTimeout(() => void this.close(), IDLE_MS);
      this.idle.unref();
    }
  }

  private open(): ChildProcess {
    if (this.child?.connected) return this.child;
    const { path, execArgv } = childModule('sentiment.child', __dirname);
    this.child = fork(path, { execArgv, cwd: '/', stdio: 'ignore', env: { TZ: 'UTC' } });
    this.child.on('error', () => {}); // it could not start: 'exit' follows
    return this.child;
  }
}
