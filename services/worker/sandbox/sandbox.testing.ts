import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Facts, Job } from '../analysis/job';
import type { AnalysisLimits } from './limits';
import { residentBytes } from './resident-memory';
import { AnalysisSandbox } from './sandbox';

export interface TestAnalysis {
  facts: Facts;
  /** Path of a derived file. */
  path: (name: string) => string;
}

/** A sandbox and a folder for one spec file. */
export class SandboxTester {
  folder = '';
  readonly sandbox: AnalysisSandbox;
  private count = 0;
  private highestBytes = 0;

  constructor(limits?: Partial<AnalysisLimits>) {
    this.sandbox = new AnalysisSandbox(tmpdir(), limits);
  }

  async analyse(
    type: Pick<Job, 'kind' | 'contentType'>,
    file: Buffer,
    signal = new AbortController().signal,
  ): Promise<TestAnalysis> {
    const job = await this.prepare(file);
    const watch = setInterval(
      async () => (this.highestBytes = Math.max(this.highestBytes, await this.memoryBytes())),
      20,
    );
    try {
      const facts = await this.sandbox.analyse({ ...type, ...job, signal });
      return { facts, path: (name) => join(job.outputDir, name) };
    } finally {
      clearInterval(watch);
    }
  }

  /** Creates a work folder as the worker does: the original and an empty folder for derived files. */
  async prepare(file: Buffer): Promise<Pick<Job, 'inputPath' | 'outputDir'>> {
    const folder = join(this.folder, String((this.count += 1)));
    const outputDir = join(folder, 'derived');
    await mkdir(outputDir, { recursive: true });
    await writeFile(join(folder, 'original'), file);
    return { inputPath: join(folder, 'original'), outputDir };
  }

  /** Memory in bytes of the analysis process and its ffmpegs. */
  async memoryBytes(): Promise<number> {
    return Math.max(0, (await residentBytes(process.pid)) - process.memoryUsage.rss());
  }

  peakBytes(): number {
    return this.highestBytes;
  }
}

/** Creates a {@link SandboxTester} and registers its setup and teardown with Jest. */
export function setupSandboxTester(limits?: Partial<AnalysisLimits>): SandboxTester {
  const tester = new SandboxTester(limits);
  beforeAll(async () => {
    tester.folder = await mkdtemp(join(tmpdir(), 'analysis-'));
  });
  afterAll(async () => {
    await tester.sandbox.close();
    await rm(tester.folder, { recursive: true });
  });
  return tester;
}
