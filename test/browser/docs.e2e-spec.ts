import type { OpenAPIObject } from '@nestjs/swagger';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { findProgram } from '../support/programs.js';

const executablePath = findProgram('chromium', 'chromium-browser', 'google-chrome');

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

describe.skipIf(!executablePath)('the docs in a real browser', () => {
  it('show the routes under our security headers, without an error', async () => {
    const browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(`${app.url}/docs`);
      await page.locator('.opblock-tag[data-tag="auth"]').click();
      await page.getByText('/api/auth/register').first().waitFor();
      const told = (await (await fetch(`${app.url}/docs-json`)).json()) as OpenAPIObject;
      const tags = Object.values(told.paths).flatMap((path) =>
        Object.values(path).flatMap(({ tags }: { tags: string[] }) => tags),
      );
      expect(await page.locator('.opblock-tag').count()).toBe(new Set(tags).size);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
