import { ApiProperty } from '@nestjs/swagger';
import type { ImportReport } from '../import-report.js';

class RowErrorResponse {
  @ApiProperty({
    description: 'As a spreadsheet counts: the names of the columns are row 1.',
    type: 'integer',
    example: 7,
  })
  row: number;

  @ApiProperty({ example: 'BEANS-1KG' })
  sku: string;

  @ApiProperty({ example: 'retailPrice must not be less than 0' })
  error: string;
}

/** What became of the rows of an imported file. */
export class ImportReportResponse {
  @ApiProperty({ type: 'integer', example: 120 })
  rows: number;

  @ApiProperty({ type: 'integer', example: 20 })
  created: number;

  @ApiProperty({ type: 'integer', example: 90 })
  updated: number;

  @ApiProperty({ description: 'They were so already.', type: 'integer', example: 9 })
  unchanged: number;

  @ApiProperty({ type: 'integer', example: 1 })
  failed: number;

  @ApiProperty({ description: 'Of very many, the first 500.', type: [RowErrorResponse] })
  errors: RowErrorResponse[];

  static from({ counts, errors }: ImportReport): ImportReportResponse {
    const { created, updated, unchanged, failed } = counts;
    return {
      rows: created + updated + unchanged + failed,
      created,
      updated,
      unchanged,
      failed,
      errors: errors
        .map(({ row, sku, error }) => ({ row, sku, error }))
        .toSorted((a, b) => a.row - b.row),
    };
  }
}
