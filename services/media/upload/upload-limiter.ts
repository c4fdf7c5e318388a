import { DependencyUnavailableError } from '#platform';

/** More at once would only wait for each other, and for a table that then answers none of them in time. */
const AT_ONCE = 16;
/** By then a small file is through; a large one goes on without its place. */
const BEGIN_MS = 2_000;
/** So many in a row that met a dependency that is away: not one that was unlucky. */
const FAILURES = 8;
/** What has just come may be luckier than those before it. */
const MOMENT_MS = 1_000;

interface Waiting {
  since: number;
  start: () => void;
  refuse: (reason: unknown) => void;
}

/**
 * Lets a burst of uploads in one after the other, a few at once: the rest wait with their bytes unread, for as long as it takes
 * while the table answers. As soon as several in a row find that it does not, those who have waited for more than a moment are
 * refused for the same reason: each of them has waited long enough, and who has sent all has no time to wait. What has all its bytes goes before what has none.
 */
export class UploadLimiter {
  private running = 0;
  private failures = 0;
  private readonly lines: Record<'commit' | 'begin', Waiting[]> = { commit: [], begin: [] };

  /** Takes bytes in. Holds its place for a short time at most: however slow its senders are, they keep nobody out. */
  async begin<T>(work: () => Promise<T>): Promise<T> {
    await this.enter('begin');
    let isIn = true;
    const leave = () => {
      if (isIn) this.leave();
      isIn = false;
    };
    const timer = setTimeout(leave, BEGIN_MS);
    try {
      return await this.countingFailures(work);
    } finally {
      clearTimeout(timer);
      leave();
    }
  }

  /** Makes a medium of what has arrived. Not from within `begin`. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    await this.enter('commit');
    try {
      const done = await this.countingFailures(work);
      this.failures = 0;
      return done;
    } finally {
      this.leave();
    }
  }

  private async enter(line: 'commit' | 'begin'): Promise<void> {
    if (this.running < AT_ONCE) this.running += 1;
    else await new Promise<void>((start, refuse) => void this.lines[line].push({ since: Date.now(), start, refuse }));
  }

  private leave(): void {
    const next = this.lines.commit.shift() ?? this.lines.begin.shift();
    if (next) next.start();
    else this.running -= 1;
  }

  private async countingFailures<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DependencyUnavailableError && (this.failures += 1) >= FAILURES)
        this.rejectStaleWaiters(error);
      throw error;
    }
  }

  private rejectStaleWaiters(reason: DependencyUnavailableError): void {
    const cameBefore = Date.now() - MOMENT_MS;
    for (const { refuse } of this.lines.commit.splice(0)) refuse(reason); // they have sent their last byte, and would wait for the table once more
    for (const { since, refuse } of this.lines.begin) if (since < cameBefore) refuse(reason);
    this.lines.begin = this.lines.begin.filter(({ since }) => since >= cameBefore);
  }
}
