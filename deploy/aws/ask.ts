/** Something in the way that the operator can mend; `message` is the line for them. */
export class SetupError extends Error {}

/** What DynamoDB, SNS and S3 call a refusal for want of a permission. */
const REFUSALS = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationError',
  'AuthorizationErrorException',
]);

/**
 * Asks AWS for one thing.
 * @throws {SetupError} naming `permission` and `resource` when it is refused.
 */
export async function ask<T>(permission: string, resource: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (isRefusal(error as AwsError))
      throw new SetupError(`The permission ${permission} on ${resource} is missing`, { cause: error });
    throw error;
  }
}

interface AwsError extends Error {
  $metadata?: { httpStatusCode?: number };
}

/** The answer to a HEAD request has no body that could name the error. */
function isRefusal({ name, $metadata }: AwsError): boolean {
  return REFUSALS.has(name) || (name === 'Unknown' && $metadata?.httpStatusCode === 403);
}
