/** Bad labels and annotations of Isthmus, as far as an API server takes them. */

/** All annotations of an object together have at most 256 KiB. */
const LONG = 'x'.repeat(250_000);
const WORDS = ['', ' ', 'unheard of', 'None', 'true\n', '\u202e', '{"a":1}', LONG];
/** Of a label, at most 63 characters of A-Z, a-z, 0-9, -, _ and the dot, or nothing. */
const LABELS = ['', 'unheard-of', 'True', 'Enabled', 'A_b.c', 'x'.repeat(63)];
const MANY = Array<string>(65).fill('10.0.0.0/8').join();

type Bad = readonly (readonly [name: string, value: string])[];

const each = (name: string, values: readonly string[]): Bad => values.map((value) => [name, value]);

/** Annotations of a pod with which it cannot have a sidecar. */
export const UNUSABLE: Bad = [
  ...each('isthmus.dev/capture', WORDS),
  ...each('isthmus.dev/inbound', [...WORDS, 'strict,permissive']),
  ...each('isthmus.dev/workload-api', [...WORDS, 'yes']),
  ...each('isthmus.dev/port', [...WORDS, '0', '65536', '-1', '8e3', '80,81', '８０']),
  ...each('isthmus.dev/service', [...WORDS, 'A_b', 'shop/cart', 'x'.repeat(64)]),
  ...each('isthmus.dev/otlp-endpoint', [...WORDS, 'jaeger:4318', 'ftp://jaeger', `http://${LONG}`]),
  ...each('isthmus.dev/capture-ranges', ['x', '10.0.0.0/33', '10.0.0.0/8;', 'fe80::1%eth0/64', MANY, LONG]),
  ...each('isthmus.dev/capture-exclude-ranges', ['x', '::/129', '10.0.0.0/8 }', MANY, LONG]),
  ...each('isthmus.dev/capture-exclude-ports', ['x', '0', '65536', '1-2', '80 }', LONG]),
  ...each('isthmus.dev/sidecar-cpu', [...WORDS, '0', '-1', '9m', '1e9', '0.001']),
  ...each('isthmus.dev/sidecar-memory-limit', [...WORDS, '0', '1Mi', '-1Gi', '1e9', '100M']),
];

/** Annotations of a pod that say nothing of whether, or how, it has a sidecar. */
export const IDLE: Bad = [
  ...each('isthmus.dev/inject', WORDS),
  ...each('isthmus.dev/injection', WORDS),
  ...each('isthmus.dev/unheard-of', WORDS),
  ...each('isthmus.dev/service-account', WORDS),
  ...each('isthmus.dev/config', WORDS),
  ...each('isthmus.dev/capture-ranges', ['', ' ', ',', ' , ,']),
];

/** Labels of a pod, likewise. */
export const IDLE_LABELS: Bad = [
  ...each('isthmus.dev/inject', LABELS),
  ...each('isthmus.dev/injection', [...LABELS, 'disabled']),
  ...each('isthmus.dev/port', LABELS),
];

/** Labels by which a pod without an annotation names its service, and which name none. */
export const NO_SERVICE: Bad = ['app', 'app.kubernetes.io/name'].flatMap((name) =>
  each(name, ['', 'True', 'A_b.c']),
);

/** Labels of a namespace that give its pods no sidecars. */
export const NOT_ENABLED: Bad = [
  ...each('isthmus.dev/injection', [...LABELS, 'true']),
  ...each('isthmus.dev/inject', [...LABELS, 'true', 'enabled']),
];

/** Of a Service or a namespace: Isthmus reads none of them. */
export const UNREAD: Bad = [
  ...['service', 'port', 'capture', 'inbound', 'inject', 'injection', 'service-account'].flatMap((name) =>
    each(`isthmus.dev/${name}`, ['', 'unheard-of', LONG]),
  ),
  ...each('kubernetes.io/service-name', ['', 'A_b', LONG]),
];
