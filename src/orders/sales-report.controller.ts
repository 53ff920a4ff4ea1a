import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { SalesReportQuery } from './dto/sales-report.query.js';
import { SalesReportResponse } from './dto/sales-report.response.js';
import { SalesReportService } from './sales-report.service.js';

@ApiTags('reports')
@Controller('api/shops/:shopId/reports')
export class SalesReportController {
  constructor(private readonly reports: SalesReportService) {}

  @Get('sales')
  @RequirePermission('reports:read')
  @ApiAnswer(SalesReportResponse, {
    summary: 'Sales at a glance',
    description:
      "Counts the orders placed from one day to another of the shop's time zone, as they stand " +
      'now. Sales are those that are neither cancelled nor returned, paid or not; amounts are the ' +
      "prices at ordering, in the shop's currency.",
  })
  async sales(
    @ShopId() shopId: string,
    @Query() query: SalesReportQuery,
  ): Promise<SalesReportResponse> {
    return SalesReportResponse.from(await this.reports.report(shopId, query));
  }
}
