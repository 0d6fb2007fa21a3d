/** `npm run crds`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CRD_FOLDER, crdFiles } from './crd-files.ts';

rmSync(CRD_FOLDER, { recursive: true, force: true });
mkdirSync(CRD_FOLDER, { recursive: true });
for (const [name, text] of crdFiles()) writeFileSync(path.join(CRD_FOLDER, name), text);
