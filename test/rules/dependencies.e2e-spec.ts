import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Package {
  version?: string;
  license?: string;
  licenses?: { type: string }[];
  dev?: boolean;
  hasInstallScript?: boolean;
}

/** Of those that ask for nothing but to be named. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const page = read('docs/dependencies.md');
const { dependencies, devDependencies } = JSON.parse(read('package.json'));
const { '': _root, ...locked } = JSON.parse(read('package-lock.json')).packages as Record<
  string,
  Package
>;

const nameOf = (path: string): string => path.split('node_modules/').at(-1)!;

/** The licence a package is installed with; of one for another platform, what the lockfile says. */
function licenceOf(path: string): string | undefined {
  const manifest = join(ROOT, path, 'package.json');
  const { license, licenses }: Package = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8'))
    : locked[path]!;
  // It says so in its readme alone.
  if (nameOf(path) === 'pause') return 'MIT';
  return license ?? licenses?.[0]?.type;
}

/** The rows of the page's nth table below a heading, without its head and the marks of code. */
function table(heading: string, nth = 0): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading))!;
  const lines = section.split(/\n\n+/).filter((block) => block.startsWith('|'))[nth]!;
  return lines
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')));
}

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', dependencies],
    ['To build and test', devDependencies],
  ])('gives the reason and the licence of each: %s', (heading, wanted: object) => {
    const rows = table(heading);
    expect(rows.map(([name]) => name)).toEqual(Object.keys(wanted).toSorted());
    expect(rows.filter(([, reason]) => reason!.length < 5)).toEqual([]);
    const licences = rows.map(([name]) => [name, licenceOf(`node_modules/${name}`)]);
    expect(rows.map(([name, , licence]) => [name, licence])).toEqual(licences);
  });

  it('counts the licences of all that is shipped', () => {
    const counts = new Map<string, number>();
    for (const path of Object.keys(locked).filter((one) => !locked[one]!.dev)) {
      const licence = licenceOf(path) ?? `unknown: ${nameOf(path)}`;
      counts.set(licence, (counts.get(licence) ?? 0) + 1);
    }
    const rows = table('Licences').map(([licence, count]) => [licence, Number(count)]);
    expect(new Map(rows as [string, number][])).toEqual(counts);
  });

  it('explains each licence that is not permissive, and no other', () => {
    const isPermissive = (licence: string): boolean =>
      licence
        .replace(/[()]/g, '')
        .split(' OR ')
        .some((one) => one.split(' AND ').every((each) => PERMISSIVE.includes(each)));
    const explained = table('Licences', 1).map(([names, licence, why]) => {
      expect(why!.length, names).toBeGreaterThan(20);
      return { names: new RegExp(`^${names!.replace('*', '.*')}$`), licence: licence!, used: 0 };
    });
    const refused = Object.keys(locked).filter((path) => {
      // Other platforms' builds of the tools are neither installed nor shipped.
      if (locked[path]!.dev && !existsSync(join(ROOT, path))) return false;
      const licence = licenceOf(path);
      if (licence && isPermissive(licence)) return false;
      const why = explained.find(
        (one) => one.names.test(nameOf(path)) && licence?.includes(one.licence),
      );
      if (why) why.used += 1;
      return !why;
    });
    expect(refused.map((path) => `${nameOf(path)}: ${licenceOf(path)}`)).toEqual([]);
    expect(explained.filter(({ used }) => used === 0)).toEqual([]);
  });
});

describe('the lockfile', () => {
  it('pins what package.json asks for to one version, each', () => {
    const wanted = Object.entries<string>({ ...dependencies, ...devDependencies });
    const loose = wanted.filter(
      ([name, version]) => locked[`node_modules/${name}`]?.version !== version,
    );
    expect(loose).toEqual([]);
  });
});

describe('install scripts', () => {
  it('are run for nothing, here and in the image', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    expect(read('Dockerfile')).toMatch(/^COPY .*\.npmrc.* \.\/\n(?:.*\n)?RUN npm ci/m);
  });

  it('are told of, each with what it does', () => {
    const having = Object.keys(locked).filter((path) => locked[path]!.hasInstallScript);
    const rows = table('Install scripts');
    expect(rows.map(([name]) => name)).toEqual(having.map(nameOf).toSorted());
  });
});
