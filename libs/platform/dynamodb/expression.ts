/**
 * A top-level attribute, or a path into a map. Each segment is aliased, so reserved words and dots in keys are safe.
 */
export type Path = string | readonly string[];

/** Collects the attribute names and values of one DynamoDB request under aliases for its expressions. */
export class ExpressionScope {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};
  private readonly aliases = new Map<string, string>();

  name(path: Path): string {
    return (typeof path === 'string' ? [path] : path).map((segment) => this.alias(segment)).join('.');
  }

  value(value: unknown): string {
    const alias = `:v${Object.keys(this.values).length}`;
    this.values[alias] = value;
    return alias;
  }

  private alias(segment: string): string {
    const known = this.aliases.get(segment);
    if (known) return known;
    const alias = `#n${this.aliases.size}`;
    this.aliases.set(segment, alias);
    this.names[alias] = segment;
    return alias;
  }
}

export type Condition = (scope: ExpressionScope) => string;

const compare =
  (operator: string) =>
  (path: Path, value: unknown): Condition =>
  (scope) =>
    `${scope.name(path)} ${operator} ${scope.value(value)}`;

export const equals = compare('=');
export const below = compare('<');
export const atMost = compare('<=');
export const exists =
  (path: Path): Condition =>
  (scope) =>
    `attribute_exists(${scope.name(path)})`;
export const missing =
  (path: Path): Condition =>
  (scope) =>
    `attribute_not_exists(${scope.name(path)})`;
export const beginsWith =
  (path: Path, prefix: string): Condition =>
  (scope) =>
    `begins_with(${scope.name(path)}, ${scope.value(prefix)})`;
export const sizeIs =
  (path: Path, size: number): Condition =>
  (scope) =>
    `size(${scope.name(path)}) = ${scope.value(size)}`;
export const sizeBelow =
  (path: Path, size: number): Condition =>
  (scope) =>
    `size(${scope.name(path)}) < ${scope.value(size)}`;
export const sizeAbove =
  (path: Path, size: number): Condition =>
  (scope) =>
    `size(${scope.name(path)}) > ${scope.value(size)}`;
const join =
  (operator: 'AND' | 'OR') =>
  (...conditions: Condition[]): Condition =>
  (scope) =>
    `(${conditions.map((condition) => condition(scope)).join(` ${operator} `)})`;
export const all = join('AND');
export const any = join('OR');

export interface Change {
  set?: ReadonlyArray<readonly [Path, unknown]>;
  /** Adds entries to the end of a list, without reading it. */
  append?: ReadonlyArray<readonly [Path, readonly unknown[]]>;
  remove?: readonly Path[];
  /** Increments; an absent number counts as 0. Top-level attributes only (ADD of DynamoDB). */
  add?: ReadonlyArray<readonly [string, number]>;
}

export function updateExpression(scope: ExpressionScope, change: Change): string {
  const sets = (change.set ?? []).map(([path, value]) => `${scope.name(path)} = ${scope.value(value)}`);
  const appends = (change.append ?? []).map(([path, entries]) => {
    const name = scope.name(path);
    return `${name} = list_append(${name}, ${scope.value(entries)})`;
  });
  const clauses = [
    ['SET', [...sets, ...appends]],
    ['REMOVE', change.remove?.map((path) => scope.name(path))],
    ['ADD', change.add?.map(([path, value]) => `${scope.name(path)} ${scope.value(value)}`)],
  ] as const;
  return clauses
    .filter(([, parts]) => parts && parts.length > 0)
    .map(([keyword, parts]) => `${keyword} ${parts!.join(', ')}`)
    .join(' ');
}
