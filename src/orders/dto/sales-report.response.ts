import { ApiProperty } from '@nestjs/swagger';
import { toDecimal } from '../../platform/money/money.js';
import { ORDER_CHANNELS, type OrderChannel } from '../order-channel.js';
import { ORDER_STATUSES, type OrderStatus } from '../order-status.js';
import { SALES_INTERVALS, type SalesInterval } from '../sales-calendar.js';
import type { SalesReport } from '../sales-report.js';

class ProductSalesResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  productId: string;

  @ApiProperty({ description: 'As in the newest of the orders.', example: 'Coffee beans, 1 kg' })
  productName: string;

  @ApiProperty({ description: 'Pieces.', type: 'integer', example: 12 })
  quantity: number;

  @ApiProperty({ example: 239.88 })
  revenue: number;
}

class ChannelSalesResponse {
  @ApiProperty({ enum: ORDER_CHANNELS, example: 'web' })
  channel: OrderChannel;

  @ApiProperty({ type: 'integer', example: 5 })
  orders: number;

  @ApiProperty({ example: 199.9 })
  revenue: number;
}

class StatusSalesResponse {
  @ApiProperty({ enum: ORDER_STATUSES, example: 'completed' })
  status: OrderStatus;

  @ApiProperty({ type: 'integer', example: 5 })
  orders: number;

  @ApiProperty({ description: 'Total of these orders, sales or not.', example: 199.9 })
  amount: number;
}

class SalesOfSpanResponse {
  @ApiProperty({
    description: "Its first moment in the range, with the offset of the shop's clocks then.",
    format: 'date-time',
    example: '2026-11-01T00:00:00+06:30',
  })
  start: string;

  @ApiProperty({ type: 'integer', example: 5 })
  orders: number;

  @ApiProperty({ example: 199.9 })
  revenue: number;
}

class CurrencySalesResponse {
  @ApiProperty({ description: 'ISO 4217.', example: 'EUR' })
  currency: string;

  @ApiProperty({ type: 'integer', example: 1 })
  orders: number;

  @ApiProperty({ example: 20 })
  revenue: number;
}

/** Sales: orders that are neither cancelled nor returned. */
export class SalesReportResponse {
  @ApiProperty({ format: 'date', example: '2026-11-01' })
  from: string;

  @ApiProperty({ format: 'date', example: '2026-11-30' })
  to: string;

  @ApiProperty({ enum: SALES_INTERVALS, example: 'day' })
  interval: SalesInterval;

  @ApiProperty({ description: "The shop's, by which days are counted.", example: 'Asia/Yangon' })
  timeZone: string;

  @ApiProperty({ description: "The shop's, ISO 4217, of all amounts.", example: 'USD' })
  currency: string;

  @ApiProperty({ type: 'integer', example: 5 })
  orders: number;

  @ApiProperty({ example: 199.9 })
  revenue: number;

  @ApiProperty({ description: 'The 50 with most revenue.', type: [ProductSalesResponse] })
  byProduct: ProductSalesResponse[];

  @ApiProperty({ description: 'Most revenue first.', type: [ChannelSalesResponse] })
  byChannel: ChannelSalesResponse[];

  @ApiProperty({ description: 'Every status, also what is no sale.', type: [StatusSalesResponse] })
  byStatus: StatusSalesResponse[];

  @ApiProperty({ description: 'Without gaps, oldest first.', type: [SalesOfSpanResponse] })
  series: SalesOfSpanResponse[];

  @ApiProperty({
    description: 'Sales in currencies the shop had before: counted nowhere else.',
    type: [CurrencySalesResponse],
  })
  otherCurrencies: CurrencySalesResponse[];

  static from(report: SalesReport): SalesReportResponse {
    const { currency, totals, products, channels, statuses, series } = report;
    const decimal = (minor: number): number => toDecimal(minor, currency);
    return {
      from: report.from,
      to: report.to,
      interval: report.interval,
      timeZone: report.timeZone,
      currency,
      orders: totals.orders,
      revenue: decimal(totals.revenue),
      byProduct: products.map(({ productId, productName, quantity, revenue }) => ({
        productId: productId.toHexString(),
        productName,
        quantity,
        revenue: decimal(revenue),
      })),
      byChannel: channels.map(({ channel, orders, revenue }) => ({
        channel,
        orders,
        revenue: decimal(revenue),
      })),
      byStatus: statuses.map(({ status, orders, revenue }) => ({
        status,
        orders,
        amount: decimal(revenue),
      })),
      series: series.map(({ start, orders, revenue }) => ({
        start,
        orders,
        revenue: decimal(revenue),
      })),
      otherCurrencies: report.otherCurrencies.map((other) => ({
        currency: other.currency,
        orders: other.orders,
        revenue: toDecimal(other.revenue, other.currency),
      })),
    };
  }
}
