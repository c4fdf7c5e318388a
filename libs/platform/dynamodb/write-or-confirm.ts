/**
 * Runs a conditional write; when its condition does not hold, `confirm` reads whether this very write has succeeded.
 *
 * A write whose response is lost is ambiguous: the SDK repeats it, and if the first attempt had succeeded, the
 * condition of the second one fails although the write is done
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html). Only a value that no
 * other caller writes (a token, an id, a time) proves that it was ours.
 * @param write its result; falsy when the condition does not hold
 * @param confirm the result that the write would have had; falsy when another caller's write was first
 */
export const writeOrConfirm = async <T, C = T>(
  write: () => Promise<T>,
  confirm: () => Promise<C>,
): Promise<NonNullable<T> | C> => (await write()) || confirm();
