/**
 * The gateway's own pure rules: what the first bytes of a connection ask for, which exported service that is, and
 * which endpoint serves it. This file is the one normal form of a server name, used by routing, logs and metrics alike.
 */
import { quoted } from '../../mesh/kit/quoted.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { parseRouteId, type ClusterName, type MeshName, type RouteId } from '../../mesh/model/names.ts';

/** What a connection may ask this gateway for; nothing else exists. */
export type Destination =
  | { readonly kind: 'route'; readonly routeId: RouteId }
  | { readonly kind: 'program'; readonly program: 'federation' | 'join' };

const MAX_NAME = 253;
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const LABELS = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const LETTERS_DIGITS_HYPHEN = /^[A-Za-z0-9.-]+$/;
/** A host name whose last label is a number is an IPv4 address in one of its spellings (WHATWG URL 3.5). */
const ENDS_IN_NUMBER = /(^|\.)([0-9]+|0x[0-9a-f]*)$/;

/**
 * Lower-case ASCII, LDH labels of 1-63 characters, at most 253 in all. Empty names, IP addresses, NUL, non-ASCII,
 * underscores, empty labels and a trailing dot are refused, never mended.
 */
export function normalizeServerName(raw: string): Result<string, Fault> {
  const wrong = flawOf(raw);
  if (wrong === undefined) return ok(raw.toLowerCase());
  return err(fault('sni_invalid', quoted(raw), `the server name ${wrong}`));
}

function flawOf(raw: string): string | undefined {
  if (raw === '') return 'is empty';
  if (raw.length > MAX_NAME) return `has ${raw.length} characters, over ${MAX_NAME}`;
  if (!LETTERS_DIGITS_HYPHEN.test(raw)) return 'has characters other than letters, digits, hyphens and dots';
  const name = raw.toLowerCase();
  if (name.endsWith('.')) return 'ends in a dot';
  if (!LABELS.test(name)) return 'has a label that is not a DNS label';
  return ENDS_IN_NUMBER.test(name) ? 'is an IP address' : undefined;
}

/**
 * Accepts exactly `<route-id>.<cluster>.<mesh>`, `federation.<cluster>.<mesh>` and `join.<cluster>.<mesh>` of this
 * cluster and mesh. `name` is in normal form.
 */
export function parseDestination(
  name: string,
  self: { readonly cluster: ClusterName; readonly mesh: MeshName },
): Result<Destination, Fault> {
  const [first, cluster, mesh, ...more] = name.split('.');
  if (first === undefined || more.length > 0 || cluster !== self.cluster || mesh !== self.mesh) {
    return err(fault('sni_invalid', name, `is not a name under ${self.cluster}.${self.mesh}`));
  }
  if (first === 'federation' || first === 'join') return ok({ kind: 'program', program: first });
  const routeId = parseRouteId(first);
  if (routeId !== undefined) return ok({ kind: 'route', routeId });
  return err(fault('sni_invalid', name, 'its first label is neither a route id, federation nor join'));
}
