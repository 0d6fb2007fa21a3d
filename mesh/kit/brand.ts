/** A string that only a parser can make: `Brand<string, 'ClusterName'>` is not assignable from a bare string. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };
