/**
 * Makes what is shipped and what `npx isthmus` runs: the command line and the four programs as plain JavaScript in
 * `dist/`, with the libraries they use. A program that loads a few large files instead of hundreds of small ones starts
 * in half the time, and weighs 14 to 24 MB less (docs/decisions/0005).
 */
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '..');
const DIST = path.join(ROOT, 'dist');

/** Libraries in CommonJS call `require` for Node's own modules. */
const BANNER =
  "import { createRequire as isthmusCreateRequire } from 'node:module';" +
  'const require = isthmusCreateRequire(import.meta.url);';

/**
 * Node's own modules through `require`: an `import` of one reads every property that it exports, and so loads what
 * those load lazily: fetch with `node:http`, WebCrypto with `node:crypto`.
 */
const requireBuiltins: Plugin = {
  name: 'require-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path: name, namespace }) =>
      namespace === 'builtin' ? { path: name, external: true } : { path: name, namespace: 'builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({
      contents: `module.exports = require(${JSON.stringify(name)});`,
    }));
  },
};

export async function bundle(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: [
      ...['cli/isthmus.ts', 'federation/main.ts', 'gateway/main.ts'],
      ...['sidecar/main.ts', 'sidecar/plain/main.ts', 'dns/main.ts'],
    ],
    ...{ outdir: DIST, outbase: ROOT },
    // As deep as the entries: code finds the other programs by its own place.
    chunkNames: 'chunks/[name]-[hash]',
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24' },
    // Names stay, so that a stack trace can be read.
    ...{ minifyWhitespace: true, minifySyntax: true, legalComments: 'linked' },
    // It loads parts of itself by computed names, and only where traces are exported.
    external: ['@opentelemetry/*'],
    plugins: [requireBuiltins],
    banner: { js: BANNER },
    logLevel: 'warning',
  });
  await copyFile(path.join(ROOT, 'LICENSE'), path.join(DIST, 'LICENSE'));
}
