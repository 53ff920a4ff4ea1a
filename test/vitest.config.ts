import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './support/slowest-first.js';

/** Only ever reached by what hangs: a busy machine takes three times as long as a quiet one. */
const TIMEOUT_MS = 90_000;

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: [
    // The build's own compiler: Nest needs the decorator metadata that Vite's does not write.
    swc.vite({
      swcrc: false,
      tsconfigFile: false,
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: {
          legacyDecorator: true,
          decoratorMetadata: true,
          useDefineForClassFields: false,
        },
      },
    }),
  ],
  test: {
    pool: 'forks',
    // Each file starts applications of its own; that their code is loaded once a worker, and not once
    // a file, halves the time of the whole.
    isolate: false,
    // Vitest leaves one core to itself, which on two cores would run the files one by one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: SlowestFirst },
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    teardownTimeout: TIMEOUT_MS,
    restoreMocks: true,
    // What the code writes goes to the process's own streams, where the tests search it for secrets.
    disableConsoleIntercept: true,
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          name: 'front-door',
          include: ['test/**/*.e2e-spec.ts'],
          globalSetup: 'test/support/engine.global-setup.ts',
        },
      },
    ],
  },
});
