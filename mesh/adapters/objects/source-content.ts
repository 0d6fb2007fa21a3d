import { closedSelection, type ClosedSelection } from '../../../crds/access-policy.ts';
import { formatFieldPath } from '../../../crds/field-path.ts';
import type { ParsedManifest, ParseOutcome } from '../../../crds/parse-manifest.ts';
import type { FieldPath } from '../../../crds/schema.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import { isDnsLabel, type Namespace } from '../../model/names.ts';

/** What one source states, a manifest file or an object of an API server, and what of it could not be read. */
export interface SourceContent {
  readonly stated: readonly Stated[];
  readonly faults: readonly Fault[];
  /** Objects whose documents are faulty, by id: their last good version stays in force, but for access policies. */
  readonly faultyIds: readonly string[];
  /** A document that cannot even be told which object it states: it may be any that is missing from the source now. */
  readonly unidentified: boolean;
  readonly closes: readonly Closes[];
}

export interface Stated {
  /** For people: `<file>:<line>`, or the object. */
  readonly at: string;
  readonly manifest: ParsedManifest;
}

/** An access policy that cannot be parsed. */
export interface Closes {
  readonly selection: ClosedSelection;
  /** It may be one that was good before: where the source has lost one, that one is closed in place of `selection`. */
  readonly guess: boolean;
  readonly why: string;
}

/** One document, parsed; `at` says where a field of it stands. */
export interface ReadDocument {
  readonly outcome: ParseOutcome;
  readonly at: (path: FieldPath) => string;
}

const MAX_WORDS = 512;

export function collectContent(documents: readonly ReadDocument[]): SourceContent {
  const stated: Stated[] = [];
  const faults: Fault[] = [];
  const faultyIds: string[] = [];
  const closes: Closes[] = [];
  let unidentified = false;
  for (const { outcome, at } of documents) {
    if (outcome.kind === 'parsed') {
      stated.push({ at: at([]), manifest: outcome.manifest });
      continue;
    }
    const code = outcome.unsupported ? 'unsupported_kind' : 'invalid_manifest';
    const found = outcome.faults.map(({ path, message }): Fault => ({
      code,
      subject: at(path),
      field: formatFieldPath(path),
      message,
    }));
    faults.push(...found);
    if (outcome.id === undefined) unidentified = true;
    else faultyIds.push(outcome.id);
    const why = found.map(formatFault).join('; ').slice(0, MAX_WORDS);
    const selection = outcome.closes;
    if (selection !== undefined) closes.push({ selection, guess: selection.namespace === undefined, why });
  }
  return { stated, faults, faultyIds, unidentified, closes };
}

export function joinContents(contents: readonly SourceContent[]): SourceContent {
  return {
    stated: contents.flatMap(({ stated }) => stated),
    faults: contents.flatMap(({ faults }) => faults),
    faultyIds: contents.flatMap(({ faultyIds }) => faultyIds),
    unidentified: contents.some(({ unidentified }) => unidentified),
    closes: contents.flatMap(({ closes }) => closes),
  };
}

/** Text that is not YAML: an access policy if it says so anywhere, of the first namespace that it names. */
export function brokenText(text: string, at: string, message: string): SourceContent {
  const found = fault('invalid_yaml', at, message);
  const closes = /accesspolicy/i.test(text)
    ? [{ selection: selectionInText(text), guess: true, why: formatFault(found) }]
    : [];
  return { stated: [], faults: [found], faultyIds: [], unidentified: true, closes };
}

/** A file that cannot be read at all, so nobody knows whether it holds an access policy. */
export function unreadableFile(name: string, message: string): SourceContent {
  const found = fault('io_failed', name, message);
  const closes = [{ selection: closedSelection(undefined), guess: true, why: formatFault(found) }];
  return { stated: [], faults: [found], faultyIds: [], unidentified: true, closes };
}

function selectionInText(text: string): ClosedSelection {
  const [, namespace = ''] = /\bnamespace["']?\s*:\s*["']?([a-z0-9-]{1,63})/.exec(text) ?? [];
  return isDnsLabel(namespace) ? { namespace: namespace as Namespace } : {};
}
