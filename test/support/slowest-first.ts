import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Slow for their size, by which files start otherwise: begun late, one keeps a worker busy alone. */
const SLOWEST = [
  'catching-up',
  'hostile-input',
  'cluster',
  'product-csv',
  'restart',
  'jobs',
  'engine',
  'oversell',
  'rate-limits',
  'processes',
  'payment-crashes',
].map((name) => `/${name}.e2e-spec.ts`);

/** Starts what takes long before the rest, so that all workers end together. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = SLOWEST.findIndex((name) => moduleId.endsWith(name));
  return place < 0 ? SLOWEST.length : place;
}
