import { OperatorError } from '#config';

/** Error names of DynamoDB, SNS and S3 for a missing permission. */
const ACCESS_DENIED = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationError',
  'AuthorizationErrorException',
]);

/**
 * Sends a request to AWS.
 * @throws {OperatorError} that names `permission` and `resource` when access is denied
 */
export async function callAws<T>(permission: string, resource: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (isAccessDenied(error as AwsError))
      throw new OperatorError(`The permission ${permission} on ${resource} is missing`, { cause: error });
    throw error;
  }
}

interface AwsError extends Error {
  $metadata?: { httpStatusCode?: number };
}

/** The response to a HEAD request has no body that could name the error: the SDK calls it `Unknown`. */
function isAccessDenied({ name, $metadata }: AwsError): boolean {
  return ACCESS_DENIED.has(name) || (name === 'Unknown' && $metadata?.httpStatusCode === 403);
}
