import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getMetadataStorage } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LAST_ANSWERS_MS } from '../../src/health/last-answers.js';
import { Env } from '../../src/platform/config/env.js';
import { FLUSH_DEADLINE_MS } from '../../src/platform/telemetry/error-reports.js';
import { Metrics } from '../../src/platform/telemetry/metrics.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { checkConfig } from '../support/nginx.js';
import { findProgram } from '../support/programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const nginx = findProgram('nginx');

/** Names of packages that the files below a directory import, statically or not. */
function importedPackages(directory: string, wanted = /\.m?[jt]s$/): Set<string> {
  const files = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' });
  const code = files.filter((name) => wanted.test(name) && !name.endsWith('.spec.ts'));
  const statement =
    /^(?:import|export)\b(?! type)[^'"()]*from ['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm;
  const found = code.flatMap((name) =>
    [...read(join(directory, name)).matchAll(statement)].map(([, one, other]) => one ?? other!),
  );
  const packages = found
    .filter((specifier) => !/^node:|^\./.test(specifier))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  return new Set(packages);
}

describe('the image', () => {
  const [, final = ''] = read('Dockerfile')
    .split(/^FROM .*$/m)
    .slice(-2);

  it('runs as another user than root, says how it is, and starts Node itself', () => {
    expect(final).toMatch(/^USER node$/m);
    expect(final).toMatch(/^HEALTHCHECK .*\n? *CMD \["node", "-e", "fetch/m);
    expect(final).toMatch(/^CMD \["node", .*"dist\/main\.js"\]$/m);
    expect(final).not.toMatch(/npm|apt-get|COPY \. /);
  });

  it('installs every package that the code imports: none is a development dependency', () => {
    const { dependencies } = JSON.parse(read('package.json'));
    const missing = [...importedPackages('src')].filter((name) => !dependencies[name]);
    // What others bring along and re-export the types of.
    expect(missing.filter((name) => !['express', 'mongodb'].includes(name))).toEqual([]);
  });

  it('leaves out what npm keeps though only the build reads it', () => {
    const packages = JSON.parse(read('package-lock.json')).packages as Record<
      string,
      { dev?: boolean; devOptional?: boolean }
    >;
    const kept = Object.entries(packages)
      .filter(([path, { dev, devOptional }]) => devOptional || (!dev && /\/@types\//.test(path)))
      .map(([path]) => path);
    const [, removed = ''] = /npm prune --omit=dev \\\n +&& rm -rf (.*)$/m.exec(
      read('Dockerfile'),
    )!;
    const isRemoved = (path: string): boolean =>
      removed.split(' ').some((one) => path === one || path.startsWith(`${one}/`));
    expect(kept).toContain('node_modules/typescript');
    expect(kept.filter((path) => !isRemoved(path))).toEqual([]);
  });

  it('holds the program that its documented backup runs', () => {
    const [, program = ''] = /cliick-backend \\\n +node (\S+) backup /.exec(
      read('docs/deployment.md'),
    )!;
    const image = mkdtempSync(join(tmpdir(), 'cliick-image-'));
    for (const [, name] of final.matchAll(/^COPY (?:--from=build \/app\/)?(\S+) \S+$/gm)) {
      if (name === 'node_modules') symlinkSync(join(ROOT, name), join(image, name));
      else cpSync(join(ROOT, name!), join(image, name!), { recursive: true });
    }
    const { stderr } = spawnSync(process.execPath, [program], { cwd: image, encoding: 'utf8' });
    rmSync(image, { recursive: true });
    expect(stderr).toMatch(/^Say what to do: backup FILE/);
  });

  it('is given only what it is built from', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      ([, names]) => names!.split(' '),
    );
    const allowed = read('.dockerignore')
      .match(/^!.*$/gm)!
      .map((line) => line.slice(1));
    for (const name of copied) {
      expect(
        allowed.some((one) => new RegExp(`^${one.replace('*', '.*')}$`).test(name)),
        name,
      ).toBe(true);
    }
  });
});

describe('dist/main.js', () => {
  it('holds the framework, which nothing beside it brings a second time', () => {
    const imported = [...importedPackages('dist', /^(?:main|bundle-.*)\.js$/)];
    expect(imported).toEqual(expect.arrayContaining(['mongoose', 'express', 'stripe']));
    const packages = JSON.parse(read('package-lock.json')).packages as Record<
      string,
      { dependencies?: object; peerDependencies?: object }
    >;
    const needing = imported.filter((name) => {
      const found = packages[`node_modules/${name}`];
      // What the framework can do without, and is not installed.
      if (!found) return false;
      const needed = Object.keys({ ...found.dependencies, ...found.peerDependencies });
      return [name, ...needed].some((one) => /^(?:@nestjs\/|rxjs$)/.test(one));
    });
    expect(needing).toEqual([]);
  });

  it('is also what the image builds', () => {
    expect(read('Dockerfile')).toContain('nest.js build && node .ci/bundle.mjs && npm prune');
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Record<string, any>;
  const { services } = compose;

  it('has MongoDB as a replica set, Redis, two API processes, and nginx before them', () => {
    expect(services.mongo.command).toContain('--replSet');
    expect(Object.keys(services).filter((name) => name.startsWith('api-'))).toHaveLength(2);
    for (const name of ['mongo', 'redis']) expect(services[name].healthcheck.test[0]).toBe('CMD');
    for (const [name, service] of Object.entries<any>(services)) {
      for (const needed of Object.keys(service.depends_on ?? {})) {
        expect(Object.keys(services), `${name} needs ${needed}`).toContain(needed);
      }
      const volumes = ((service.volumes ?? []) as string[]).map((volume) => volume.split(':')[0]!);
      for (const volume of volumes.filter((one) => !one.startsWith('.'))) {
        expect(Object.keys(compose['volumes'])).toContain(volume);
      }
    }
  });

  it('tells the API only variables that it knows, and waits longer than it drains', () => {
    const known = getMetadataStorage()
      .getTargetValidationMetadatas(Env, '', false, false)
      .map(({ propertyName }) => propertyName);
    const { environment, stop_grace_period: grace } = services['api-1'];
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
    const stopMs = Number(environment.DRAIN_SECONDS) * 1_000 + LAST_ANSWERS_MS + FLUSH_DEADLINE_MS;
    // Some seconds are for closing the database.
    expect(Number.parseInt(grace, 10) * 1_000).toBeGreaterThan(stopMs + 5_000);
    const keepAlive = /^\s+keepalive_timeout (\d+)s;/m.exec(
      read('docs/deployment/nginx.conf.template'),
    );
    expect(Number(keepAlive![1])).toBeLessThan(5);
  });

  it('has a first process that hears signals while Node begins', () => {
    for (const name of ['api-1', 'api-2']) expect(services[name].init).toBe(true);
  });

  it('fills in what the configuration of nginx asks for', () => {
    const asked = read('docs/deployment/nginx.conf.template').match(/\$\{[A-Z0-9_]+\}/g)!;
    const given = Object.keys(services.nginx.environment).map((name) => `\${${name}}`);
    expect(new Set(asked)).toEqual(new Set(given));
  });

  it('has nginx start without a process that is away, and find it when it is back', () => {
    const template = read('docs/deployment/nginx.conf.template');
    const upstreams = [...template.matchAll(/^upstream \w+ \{.*?^\}/gms)].map(([text]) => text);
    expect(upstreams).toHaveLength(2);
    // Nothing is looked up anew but what is in shared memory.
    for (const upstream of upstreams) expect(upstream).toMatch(/^ {2}zone \w+ \w+;$/m);
    expect(template).toMatch(/^resolver \$\{RESOLVER\}/m);
    const { API_1, API_2 } = services.nginx.environment;
    for (const api of [API_1, API_2]) expect(api).toMatch(/^[\w-]+:8080 resolve$/);
    const [, minor] = /^nginx:1\.(\d+)/.exec(services.nginx.image)!;
    expect(Number(minor)).toBeGreaterThanOrEqual(28);
  });

  it.skipIf(!nginx)('has a configuration of nginx that nginx takes', async () => {
    expect(await checkConfig(nginx!)).toBe('');
  });
});

describe('the dashboard', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await createTestApp();
    await app.request.get('/health/live').expect(200);
  });

  afterAll(() => app.close());

  it('shows metrics that there are, by labels that they have', async () => {
    await app.request.get('/metrics').expect(200);
    const { registry } = app.nest.get(Metrics, { strict: false });
    const wrong = queriesOf(read('docs/grafana-dashboard.json')).filter((query) => {
      const [name = ''] = /\b(?:cliick|nodejs|process)_[a-z0-9_]+/.exec(query) ?? [];
      const metric =
        registry.getSingleMetric(name) ??
        registry.getSingleMetric(name.replace(/_(count|bucket|sum)$/, ''));
      if (!metric) return true;
      const known = ['le', ...(metric as unknown as { labelNames: string[] }).labelNames];
      const asked = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) =>
        labels!.split(', '),
      );
      return asked.some((label) => !known.includes(label));
    });
    expect(wrong).toEqual([]);
  });
});

function queriesOf(dashboard: string): string[] {
  const queries: string[] = [];
  JSON.parse(dashboard, (key, value: unknown) => {
    if (key === 'expr') queries.push(value as string);
    return value;
  });
  expect(queries.length).toBeGreaterThan(10);
  return queries;
}
