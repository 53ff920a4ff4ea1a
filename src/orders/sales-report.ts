import type { Types } from 'mongoose';
import type { OrderChannel } from './order-channel.js';
import { ORDER_STATUSES, type OrderStatus } from './order-status.js';
import type { SalesInterval, Span } from './sales-calendar.js';

/** Which days of a shop are asked for. */
export interface SalesRange {
  from: string;
  to: string;
  interval: SalesInterval;
  timeZone: string;
  /** The shop's. */
  currency: string;
}

/** `revenue` is in minor units. */
interface Sales {
  orders: number;
  revenue: number;
}

export interface ProductSales {
  productId: Types.ObjectId;
  productName: string;
  quantity: number;
  revenue: number;
}

/** What the database has counted. */
export interface SalesCounts {
  statuses: (Sales & { status: OrderStatus; currency: string })[];
  channels: (Sales & { channel: OrderChannel })[];
  products: ProductSales[];
  /** By the position of the span in the range; those without sales are left out. */
  times: (Sales & { span: number })[];
}

export interface SalesReport extends SalesRange {
  totals: Sales;
  statuses: (Sales & { status: OrderStatus })[];
  channels: (Sales & { channel: OrderChannel })[];
  products: ProductSales[];
  series: (Sales & { start: string })[];
  otherCurrencies: (Sales & { currency: string })[];
}

/** Orders of these statuses are no sales: their money stays with the customer, or goes back. */
export const NO_SALES: readonly OrderStatus[] = ['cancelled', 'returned'];

/** @param spans of the range, in order: those without sales are there too, with zeros */
export function asReport(range: SalesRange, counts: SalesCounts, spans: Span[]): SalesReport {
  const sales = counts.statuses.filter(({ status }) => !NO_SALES.includes(status));
  const currencies = new Set(sales.map(({ currency }) => currency));
  currencies.delete(range.currency);
  return {
    ...range,
    totals: sum(sales.filter(({ currency }) => currency === range.currency)),
    statuses: ORDER_STATUSES.map((status) => ({
      status,
      ...sum(
        counts.statuses.filter((one) => one.status === status && one.currency === range.currency),
      ),
    })),
    channels: counts.channels,
    products: counts.products,
    series: seriesOf(counts.times, spans),
    otherCurrencies: [...currencies]
      .sort()
      .map((currency) => ({ currency, ...sum(sales.filter((one) => one.currency === currency)) })),
  };
}

function seriesOf(times: SalesCounts['times'], spans: Span[]): SalesReport['series'] {
  const bySpan = new Map(times.map(({ span, ...sales }) => [span, sales]));
  return spans.map(({ start }, span) => {
    const { orders, revenue } = bySpan.get(span) ?? { orders: 0, revenue: 0 };
    return { start, orders, revenue };
  });
}

function sum(sales: Sales[]): Sales {
  return {
    orders: sales.reduce((total, { orders }) => total + orders, 0),
    revenue: sales.reduce((total, { revenue }) => total + revenue, 0),
  };
}
