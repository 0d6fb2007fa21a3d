/** Reads one manifest file: each document parsed, each fault with its file, line and field. */
import { isNode, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { parseManifest, type ParsedManifest } from '../../../crds/parse-manifest.ts';
import type { FieldFault } from '../../../crds/schema.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { AccessPolicy } from '../../model/policy.ts';

export interface FileContent {
  readonly manifests: readonly ParsedManifest[];
  /** Documents that failed, by the id they name: their last good version stays in force. */
  readonly failedIds: readonly string[];
  readonly closes: readonly AccessPolicy[];
  readonly faults: readonly Fault[];
  /** The file as a whole is not YAML: everything it stated last stays in force. */
  readonly unreadable: boolean;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DOCUMENTS = 1000;
const MAX_ALIASES = 100;

/** `name` is the file's path as it is shown; `place` where the cluster is. */
export function readManifests(
  text: string,
  name: string,
  place: { region: string; zone: string },
): FileContent {
  const unreadable = (what: string, line?: number): FileContent => {
    const subject = line === undefined ? name : `${name}:${line}`;
    return {
      manifests: [],
      failedIds: [],
      closes: [],
      faults: [fault('invalid_yaml', subject, what)],
      unreadable: true,
    };
  };
  if (text.length > MAX_BYTES) return unreadable('is over 1 MiB');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: true });
  if (!Array.isArray(documents))
    return { manifests: [], failedIds: [], closes: [], faults: [], unreadable: false };
  if (documents.length > MAX_DOCUMENTS) return unreadable(`has over ${MAX_DOCUMENTS} documents`);
  const broken = documents.flatMap((document) => document.errors)[0];
  if (broken !== undefined) return unreadable(firstLine(broken.message), lines.linePos(broken.pos[0]).line);

  return readDocuments(documents, name, { lines, place });
}

interface Reading {
  readonly lines: LineCounter;
  readonly place: { region: string; zone: string };
}

function readDocuments(documents: readonly Document[], name: string, { lines, place }: Reading): FileContent {
  const manifests: ParsedManifest[] = [];
  const failedIds: string[] = [];
  const closes: AccessPolicy[] = [];
  const faults: Fault[] = [];
  for (const document of documents) {
    const value = plain(document);
    if (value === null) continue;
    const outcome = parseManifest(value, place);
    if (outcome.kind === 'parsed') {
      manifests.push(outcome.manifest);
      continue;
    }
    if (outcome.id !== undefined) failedIds.push(outcome.id);
    if (outcome.closes !== undefined) closes.push(outcome.closes);
    const code = outcome.unsupported ? 'unsupported_kind' : 'invalid_manifest';
    for (const found of outcome.faults) {
      const subject = `${name}:${lineOf(document, found, lines)}`;
      faults.push({ code, subject, field: formatPath(found.path), message: found.message });
    }
  }
  return { manifests, failedIds, closes, faults, unreadable: false };
}

/** The document as data; null for an empty one. Too many aliases make it a string, which no schema accepts. */
function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return 'too many aliases';
  }
}

/** The line of the field, or of the nearest parent that is there. */
function lineOf(document: Document, { path }: FieldFault, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
