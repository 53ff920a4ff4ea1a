import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { SALES_INTERVALS, type SalesInterval } from '../sales-calendar.js';

const DAY = /^2\d{3}-\d{2}-\d{2}$/;

export class SalesReportQuery {
  @ApiProperty({
    description: "The first day, by the shop's time zone.",
    format: 'date',
    example: '2026-11-01',
  })
  @Matches(DAY, { message: 'from must be a day YYYY-MM-DD, not before 2000' })
  @IsISO8601({ strict: true }, { message: 'from must be a day of the calendar, YYYY-MM-DD' })
  from: string;

  @ApiProperty({ description: 'The last day, included.', format: 'date', example: '2026-11-30' })
  @Matches(DAY, { message: 'to must be a day YYYY-MM-DD, not before 2000' })
  @IsISO8601({ strict: true }, { message: 'to must be a day of the calendar, YYYY-MM-DD' })
  to: string;

  @ApiPropertyOptional({
    description:
      'Of the series. By hours it covers at most 31 days, by days 366, by weeks (from Monday) ' +
      '1830, by months 3660.',
    enum: SALES_INTERVALS,
    default: 'day',
    example: 'day',
  })
  @IsOptional()
  @IsIn(SALES_INTERVALS)
  interval?: SalesInterval;
}
