/** `npm run chart`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CHART_FOLDER, chartFiles, MANIFEST_FILE, manifestText } from './chart/chart-files.ts';

rmSync(CHART_FOLDER, { recursive: true, force: true });
for (const [name, text] of chartFiles()) {
  const file = path.join(CHART_FOLDER, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
writeFileSync(MANIFEST_FILE, manifestText());
