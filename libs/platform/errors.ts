export type Dependency = 'redis' | 'dynamodb' | 'storage' | 'alerts';

/** A dependency did not answer in time or refused: nothing of the operation can be relied on. Becomes 503 for a client, a retry for a job. */
export class DependencyUnavailableError extends Error {
  constructor(
    readonly dependency: Dependency,
    override readonly cause: unknown,
  ) {
    super(`${dependency} is not available: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
