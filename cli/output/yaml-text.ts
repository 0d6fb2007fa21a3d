/** Data as YAML. In a file of its own, so that only who asks for YAML loads the library. */
import { stringify } from 'yaml';

/** Without a final line break. */
export function yamlText(data: unknown): string {
  return stringify(data).trimEnd();
}
