/** Reads an input as a row of decisions, for targets whose inputs have a structure: any bytes give some structure. */
export interface Choices {
  readonly isEmpty: boolean;
  /** 0 to under `bound`, which is at most 256; 0 once the input is used up. */
  below(bound: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** Up to `most` of what `make` makes. */
  some<T>(most: number, make: () => T): T[];
}

export function choicesOf(input: Uint8Array): Choices {
  let at = 0;
  const below = (bound: number): number => (input[at++] ?? 0) % bound;
  return {
    get isEmpty() {
      return at >= input.length;
    },
    below,
    pick: <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0],
    some: (most, make) => Array.from({ length: below(most + 1) }, make),
  };
}
