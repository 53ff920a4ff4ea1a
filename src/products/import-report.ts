const MAX_ERRORS = 500;
const MAX_SKU_CHARACTERS = 100;

export interface RowError {
  /** As a spreadsheet counts: the names of the columns are row 1. */
  row: number;
  sku: string;
  error: string;
}

/** What became of the rows of a file; of very many that failed, the first are told of. */
export class ImportReport {
  readonly counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  readonly errors: RowError[] = [];

  count(what: 'created' | 'updated' | 'unchanged'): void {
    this.counts[what]++;
  }

  fail(row: number, sku: string, error: string): void {
    this.counts.failed++;
    if (this.errors.length === MAX_ERRORS) return;
    this.errors.push({ row, sku: sku.slice(0, MAX_SKU_CHARACTERS), error });
  }
}
