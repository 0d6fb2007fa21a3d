import { quoted } from '../../kit/quoted.ts';
import { isMap, isNode, isPair, isScalar, isSeq, type Document, type LineCounter, type Pair } from 'yaml';
import type { FieldPath } from '../../../crds/schema.ts';

/** 1-based line of a field: of its name in a map, of the item in a list; of the nearest parent when it is missing. */
export function lineOf(document: Document, path: FieldPath, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? document.range?.[0] ?? 0;
  for (const part of path) {
    const next = step(node, part);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return lines.linePos(offset).line;
}

function step(
  node: unknown,
  part: string | number,
): { readonly node: unknown; readonly offset?: number } | undefined {
  if (isSeq(node) && typeof part === 'number') {
    const item: unknown = node.items[part];
    return item === undefined ? undefined : found(item, item);
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => keyText(key) === String(part));
  return pair === undefined ? undefined : found(pair.value, pair.key);
}

function found(node: unknown, named: unknown): { readonly node: unknown; readonly offset?: number } {
  const offset = startOf(named);
  return offset === undefined ? { node } : { node, offset };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** A field that stands twice in one map, with the place of its second time. In linear time. */
export function doubledKey(root: unknown): { readonly key: string; readonly offset: number } | undefined {
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isPair(node)) open.push(node.value);
    if (!isMap(node) && !isSeq(node)) continue;
    const doubled = isMap(node) ? doubledIn(node.items) : undefined;
    if (doubled !== undefined) return doubled;
    // One by one: a call takes no more than some 100,000 arguments.
    for (const item of node.items) open.push(item);
  }
  return undefined;
}

function doubledIn(pairs: readonly Pair[]): { readonly key: string; readonly offset: number } | undefined {
  const names = new Set<string>();
  for (const { key } of pairs) {
    const name = keyText(key);
    if (name === undefined) continue;
    if (names.has(name)) return { key: quoted(name), offset: startOf(key) ?? 0 };
    names.add(name);
  }
  return undefined;
}

function keyText(key: unknown): string | undefined {
  const value: unknown = isScalar(key) ? key.value : key;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
