import type { MediaKind } from '#contracts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Resource limits of one analysis. */
export interface AnalysisLimits {
  /** Wall clock of an attempt: a base, plus a part per MiB of the file. */
  seconds: Record<MediaKind, { base: number; perMib: number }>;
  /** Resident memory of the analysis process and its ffmpeg together, including the idle 100 MB. */
  memoryBytes: Record<MediaKind, number>;
  /** CPU time, address space and output size of one ffmpeg or ffprobe. */
  toolCpuSeconds: number;
  toolAddressSpaceBytes: number;
  toolOutputBytes: number;
  /** How long a process without a job keeps its memory (100 to 300 MB). */
  idleMs: number;
}

export const defaultLimits: AnalysisLimits = {
  seconds: {
    image: { base: 150, perMib: 0.5 },
    audio: { base: 180, perMib: 0.5 },
    video: { base: 900, perMib: 1.5 },
  },
  memoryBytes: { image: 950 * MIB, audio: 600 * MIB, video: 1_600 * MIB },
  toolCpuSeconds: 4 * 3_600,
  toolAddressSpaceBytes: 4 * GIB,
  toolOutputBytes: 8 * GIB,
  idleMs: 30_000,
};

/** Wall clock in ms of an attempt at a file of this kind and size. */
export function timeLimitMs(limits: AnalysisLimits, kind: MediaKind, sizeBytes: number): number {
  const { base, perMib } = limits.seconds[kind];
  return (base + (perMib * sizeBytes) / MIB) * 1_000;
}

/** Fetching the original, storing derived files, and retries while DynamoDB or storage is briefly unavailable. */
const OVERHEAD_MS = 15 * 60_000;

/** Wall clock in ms of a delivery: two attempts (the second after a crash) and the overhead around them. */
export function workLimitMs(kind: MediaKind, sizeBytes: number): number {
  return 2 * timeLimitMs(defaultLimits, kind, sizeBytes) + OVERHEAD_MS;
}
