export type Child = Node | string | number | null | undefined | false;
export type Props = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/**
 * Builds an element. `on…` props are listeners; true sets an empty attribute; false, null and undefined leave it out.
 * Text becomes text nodes, never markup, so data of users cannot become elements.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  applyProps(element, props);
  append(element, children);
  return element;
}

/** Builds an SVG element, as `h` does for HTML. */
export function svg(tag: string, props: Props = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  applyProps(element, props);
  append(element, children);
  return element;
}

/** Replaces the content of `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * Makes `children` the content of `parent`, in their order, and moves only elements that are out of place. The child
 * with the focus is never moved, because moving it would lose the focus: the others move around it.
 */
export function arrange(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of parent.querySelectorAll(':scope > *')) if (!wanted.has(child)) child.remove();
  const focusedAt = children.findIndex((child) => child.contains(document.activeElement));
  const fixedAt = Math.max(0, focusedAt);
  const [before, [fixed, ...after]] = [children.slice(0, fixedAt), children.slice(fixedAt)];
  if (!fixed) return;
  if (focusedAt < 0 && parent.firstElementChild !== fixed) parent.prepend(fixed);
  let beside = fixed;
  for (const child of before.toReversed()) {
    if (beside.previousElementSibling !== child) beside.before(child);
    beside = child;
  }
  beside = fixed;
  for (const child of after) {
    if (beside.nextElementSibling !== child) beside.after(child);
    beside = child;
  }
}

/** Sets the text of a node, unless it is the same, so that nothing is announced or repainted twice. */
export function setText(node: Node, text: string | number): void {
  if (node.textContent !== String(text)) node.textContent = String(text);
}

/** Returns a DocumentFragment of `children`. */
export function fragment(...children: Child[]): DocumentFragment {
  const result = document.createDocumentFragment();
  append(result, children);
  return result;
}

function append(parent: Node, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function applyProps(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

let counter = 0;
/** Returns an id for `for`, `aria-labelledby` and the like, unique in the page. */
export function uniqueId(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Returns a random id. crypto.randomUUID exists in secure contexts only, which plain http over a network is not. */
export function uuid(): string {
  if ('randomUUID' in crypto) return crypto.randomUUID();
  const bytes = [...(crypto as Crypto).getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
