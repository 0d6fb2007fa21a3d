/** One thing that a program needs to be of use. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  /** Why it is not ok, or how it is. */
  readonly note?: string;
}

/** As Kubernetes' own /readyz: `ok`, or one line per check when asked for or when one fails. */
export function readinessReply(
  checks: readonly Readiness[],
  verbose: boolean,
): { readonly status: number; readonly text: string } {
  const ready = checks.every(({ ok }) => ok);
  if (ready && !verbose) return { status: 200, text: 'ok\n' };
  const lines = checks.map(({ name, ok, note }) =>
    oneLine(`[${ok ? '+' : '-'}]${name} ${note ?? (ok ? 'ok' : 'failed')}`),
  );
  const end = ready ? 'readyz check passed' : 'readyz check failed';
  return { status: ready ? 200 : 503, text: [...lines, end, ''].join('\n') };
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 256);
}
