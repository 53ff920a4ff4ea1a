// The last step of a build: dist/main.js becomes a bundle of the modules that a start loads, as
// finding and opening some two thousand small ones was most of it. What is beside it stays as it was:
// dist/data-tool.js and the tests use the single modules.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * What goes into it besides ours: packages of many small modules. The others stay as Node itself loads
 * them: what is native, what looks at how it is imported (mongoose), what a plain start does not load.
 * Whatever imports the framework must be here, or there would be two of it.
 */
const BUNDLED = /^(@nestjs|es-toolkit|rxjs|agenda|@agendajs)(\/|$)/;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function isExternal(id, importer) {
  if (isBuiltin(id)) return true;
  if (!importer || /^[./]/.test(id) || BUNDLED.test(id)) return false;
  // Of a version that only its importer has, another would be found from dist/.
  return homeOf(id, importer) === homeOf(id, join(ROOT, 'package.json'));
}

function homeOf(id, importer) {
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(id);
  const homes = createRequire(importer).resolve.paths(id);
  return homes.find((home) => existsSync(join(home, name)));
}

/** Takes the compiler's source maps along, so that a stack can tell the line of a .ts file. */
const sourceMaps = {
  name: 'source-maps',
  load(id) {
    if (!id.startsWith(join(ROOT, 'dist/')) || !existsSync(`${id}.map`)) return null;
    return { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) };
  },
};

const bundle = await rolldown({
  cwd: ROOT,
  input: {
    main: './dist/main.js',
    // Started from beside the file that starts it.
    'embedded-engine.child': './dist/platform/database/embedded-engine.child.js',
  },
  platform: 'node',
  external: isExternal,
  plugins: [sourceMaps],
});
await bundle.write({
  dir: 'dist',
  // Injection, the documents and the log call classes by their names.
  keepNames: true,
  comments: false,
  sourcemap: true,
  sourcemapExcludeSources: true,
  chunkFileNames: 'bundle-[name]-[hash].js',
});
