/** The CustomResourceDefinitions as files: what `kubectl apply -f deploy/crds` takes. */
import path from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinition } from '../crds/custom-resource.ts';
import { CUSTOM_RESOURCES } from '../crds/custom-resources.ts';

export const CRD_FOLDER = path.join(import.meta.dirname, '..', 'deploy', 'crds');

/** By file name. */
export function crdFiles(): ReadonlyMap<string, string> {
  return new Map(
    CUSTOM_RESOURCES.map((resource) => [
      `${resource.group}_${resource.plural}.yaml`,
      `# Written by \`npm run crds\` from crds/.\n${stringify(customResourceDefinition(resource), YAML)}`,
    ]),
  );
}

/** Schemas that stand in two versions are written out twice: kubectl takes anchors, people do not. */
const YAML = { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true };
