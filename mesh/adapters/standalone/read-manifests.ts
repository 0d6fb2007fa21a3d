/** Reads the text of one manifest file: each document parsed, each fault with its file, line and field. */
import { Lexer, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { Place } from '../../../crds/kind.ts';
import { parseManifest } from '../../../crds/parse-manifest.ts';
import { firstLine } from '../../kit/quoted.ts';
import { fault } from '../../model/fault.ts';
import { brokenText, collectContent, joinContents, type SourceContent } from '../objects/source-content.ts';
import { doubledKey, lineOf } from './yaml-lines.ts';

export interface ManifestText {
  /** Path of the file under `manifests/`, as it is shown. */
  readonly name: string;
  readonly text: string;
}

/** Words and marks of a file: parsing takes time by these, up to some 20 µs each, and not by bytes. */
const MAX_LEXEMES = 50_000;
const MAX_DOCUMENTS = 1000;
const MAX_ALIASES = 50;
const MAX_DEPTH = 32;
/** Values of one document, aliases counted each time they stand. */
const MAX_VALUES = 20_000;

export function readManifests({ name, text }: ManifestText, place: Place): SourceContent {
  if (isOverlong(text)) {
    return brokenText(text, name, `has over ${MAX_LEXEMES} words and marks; split it into several files`);
  }
  const lines = new LineCounter();
  const documents = parseDocuments(text, lines);
  if (documents === undefined) return brokenText(text, name, 'is nested too deeply');
  if (documents.length > MAX_DOCUMENTS) {
    return brokenText(text, name, `has ${documents.length} documents, over ${MAX_DOCUMENTS}`);
  }
  return joinContents(documents.map((document) => readDocument(document, { name, text, lines, place })));
}

function isOverlong(text: string): boolean {
  if (text.length <= MAX_LEXEMES) return false;
  let count = 0;
  for (const _lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_LEXEMES) return true;
  }
  return false;
}

interface File extends ManifestText {
  readonly lines: LineCounter;
  readonly place: Place;
}

/** Undefined when the text is nested so deeply that the parser ran out of stack. */
function parseDocuments(text: string, lineCounter: LineCounter): readonly Document[] | undefined {
  try {
    // Doubled keys are looked for below: the parser's own search takes time that grows with the square of the keys.
    const options = { lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    const documents = parseAllDocuments(text, options);
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readDocument(document: Document, { name, text, lines, place }: File): SourceContent {
  const [start, , end] = document.range ?? [0, 0, text.length];
  const at = (offset: number): string => `${name}:${lines.linePos(offset).line}`;
  const broken = (message: string, offset = document.contents?.range?.[0] ?? start): SourceContent =>
    brokenText(text.slice(start, end), at(offset), message);
  const [error] = document.errors;
  if (error !== undefined) return broken(wordsOf(error.message), error.pos[0]);
  const value = toPlain(document);
  if (!value.ok) return broken(value.message);
  if (value.data === null || value.data === undefined) return collectContent([]);
  const doubled = doubledKey(document.contents);
  if (doubled !== undefined) return broken(`has the field ${doubled.key} twice`, doubled.offset);
  const outcome = parseManifest(value.data, place);
  return collectContent([{ outcome, at: (path) => `${name}:${lineOf(document, path, lines)}` }]);
}

type Plain = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly message: string };

function toPlain(document: Document): Plain {
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const message = overBounds(data);
    return message === undefined ? { ok: true, data } : { ok: false, message };
  } catch (error) {
    const message =
      error instanceof RangeError ? 'is nested too deeply' : `has over ${MAX_ALIASES} uses of aliases`;
    return { ok: false, message };
  }
}

/** Breadth first, so that neither depth nor aliases of aliases can take more than the bounds. */
function overBounds(data: unknown): string | undefined {
  let count = 0;
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return `is nested over ${MAX_DEPTH} deep`;
    const next: unknown[] = [];
    for (const value of level) {
      count += 1;
      if (count > MAX_VALUES) return `has over ${MAX_VALUES} values`;
      if (typeof value === 'object' && value !== null) next.push(...bounded(Object.values(value)));
    }
    level = next;
  }
  return undefined;
}

/** So many that the count goes over its bound, and no more than a call takes as arguments. */
function bounded(values: readonly unknown[]): readonly unknown[] {
  return values.length > MAX_VALUES ? values.slice(0, MAX_VALUES + 1) : values;
}

/** The parser tells of a stack that has run out as of any other error. */
function wordsOf(message: string): string {
  return message.includes('call stack') ? 'is nested too deeply' : `is not YAML: ${firstLine(message)}`;
}

/** A file that is too large to be read, with the part that was. */
export function tooLarge(name: string, firstPart: string): SourceContent {
  const content = brokenText(firstPart, name, 'is over 1 MiB');
  const closes =
    content.closes.length > 0
      ? content.closes
      : [{ selection: {}, guess: true, why: `${name} is over 1 MiB` }];
  return { ...content, faults: [fault('invalid_yaml', name, 'is over 1 MiB')], closes };
}
