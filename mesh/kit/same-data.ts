/** Whether two values of plain data (objects, arrays, primitives; no cycles) have the same content. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length) return false;
  return keys.every((key) => {
    return Object.hasOwn(b, key) && sameData((a as Fields)[key], (b as Fields)[key]);
  });
}

type Fields = Readonly<Record<string, unknown>>;
