export type Dependency = 'redis' | 'dynamodb' | 'storage' | 'alerts' | 'mail';

/**
 * A dependency did not respond in time or rejected the operation, which may or may not have happened (ambiguous write).
 * Clients get a 503; jobs are retried.
 */
export class DependencyUnavailableError extends Error {
  constructor(
    readonly dependency: Dependency,
    override readonly cause: unknown,
  ) {
    super(`${dependency} is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
