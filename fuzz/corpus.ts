/** Inputs that are kept in the repository: `corpus/<target>/<name>`, each named for what it is or by its digest. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, 'corpus');
/** Not in the repository: what was found and is not yet judged. */
const FINDINGS = path.join(import.meta.dirname, 'findings');

export interface KeptInput {
  readonly name: string;
  readonly bytes: Buffer;
}

export function readCorpus(target: string): readonly KeptInput[] {
  const folder = path.join(ROOT, target);
  const names = readdirSync(path.dirname(folder)).includes(target) ? readdirSync(folder).sort() : [];
  return names.map((name) => ({ name, bytes: readFileSync(path.join(folder, name)) }));
}

export function keepInput(target: string, bytes: Uint8Array): string {
  return write(path.join(ROOT, target), bytes);
}

/** Answers where it is. */
export function keepFinding(target: string, bytes: Uint8Array): string {
  return write(path.join(FINDINGS, target), bytes);
}

function write(folder: string, bytes: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, createHash('sha256').update(bytes).digest('hex').slice(0, 16));
  writeFileSync(file, bytes);
  return path.relative(process.cwd(), file);
}
