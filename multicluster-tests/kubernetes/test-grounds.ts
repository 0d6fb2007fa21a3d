/** The names of the grounds that tests make; a ground made by hand has another and may stand beside them. */
export const TEST_GROUNDS = { shared: 'test', crashed: 'crash' } as const;

declare module 'vitest' {
  interface ProvidedContext {
    /** What this machine lacks for real clusters. */
    missing: readonly string[];
  }
}
