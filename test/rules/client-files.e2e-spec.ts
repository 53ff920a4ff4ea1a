import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { clientFiles } from '../support/client-files.js';
import { readDocument } from '../support/operations.js';

const DIRECTORY = fileURLToPath(new URL('../../docs/client/generated', import.meta.url));

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

describe('the files for clients', () => {
  // `npm run generate` is this test with `--update`, which writes what it otherwise compares.
  it('are as the routes are: run `npm run generate` when they are not', async () => {
    const files = await clientFiles(await readDocument(app));
    for (const [name, content] of Object.entries(files)) {
      await expect(content).toMatchFileSnapshot(join(DIRECTORY, name));
    }
  });
});
