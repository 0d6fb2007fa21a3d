import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, stringify } from 'yaml';
import { clusterConfigManifest, parseClusterConfig } from '../../../crds/cluster-config.ts';
import { formatFieldPath } from '../../../crds/field-path.ts';
import { firstLine } from '../../kit/quoted.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { ClusterConfig } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { doubledKey, lineOf } from './yaml-lines.ts';

const MAX_CHARACTERS = 64 * 1024;

/** The config in a YAML file; the fault is the first one, with its line, and the others in its message. */
export function parseConfigFile(file: string): Result<ClusterConfig, Fault> {
  try {
    return parseConfigText(readFileSync(file, 'utf8'), file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== undefined) return err({ ...fault('io_failed', file, `cannot be read: ${code}`), cause });
    return err({ ...fault('invalid_yaml', file, 'is no plain YAML'), cause });
  }
}

/** The text of `cluster.yaml`. */
export function configText(config: ClusterConfig): string {
  return stringify(clusterConfigManifest(config));
}

function parseConfigText(text: string, file: string): Result<ClusterConfig, Fault> {
  if (text.length > MAX_CHARACTERS) return err(fault('invalid_yaml', file, 'is over 64 KiB'));
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, logLevel: 'silent', uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error !== undefined)
    return err(fault('invalid_yaml', at(error.pos[0]), `is not YAML: ${firstLine(error.message)}`));
  const doubled = doubledKey(document.contents);
  if (doubled !== undefined) {
    return err(fault('invalid_yaml', at(doubled.offset), `has the field ${doubled.key} twice`));
  }
  const config = parseClusterConfig(document.toJS({ maxAliasCount: 10 }));
  if (config.ok) return ok(config.value);
  const [first, ...others] = config.error;
  if (first === undefined) throw new Error('a refused config has a fault');
  const more = others.map(({ path, message }) => `; ${formatFieldPath(path)}: ${message}`).join('');
  const subject = `${file}:${lineOf(document, first.path, lines)}`;
  const message = `${first.message}${more}`;
  return err({ ...fault('config_invalid', subject, message), field: formatFieldPath(first.path) });
}
