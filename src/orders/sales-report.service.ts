import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type PipelineStage, Types } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import type { SalesReportQuery } from './dto/sales-report.query.js';
import { Order } from './order.schema.js';
import { countDays, dayAfter, MAX_DAYS, type Span, spansOf, startOfDay } from './sales-calendar.js';
import {
  asReport,
  NO_SALES,
  type SalesCounts,
  type SalesRange,
  type SalesReport,
} from './sales-report.js';

const MAX_PRODUCTS = 50;

type Facet = PipelineStage.FacetPipelineStage[];

/** Sales at a glance. */
@Injectable()
export class SalesReportService {
  constructor(
    @InjectModel(Order.name) private readonly orders: Model<Order>,
    private readonly shops: ShopsService,
  ) {}

  /** One pass over the orders of the range: it costs what these are, however many others there are. */
  async report(shopId: string, { from, to, interval }: SalesReportQuery): Promise<SalesReport> {
    const { currency, timeZone } = await this.shops.get(shopId);
    const range = { from, to, interval: interval ?? 'day', currency, timeZone };
    requireReasonable(range);
    const spans = spansOf(range, range.interval);
    const [counts] = await this.orders.aggregate<SalesCounts>([
      {
        $match: {
          shopId: new Types.ObjectId(shopId),
          submittedAt: {
            $gte: startOfDay(from, timeZone),
            $lt: startOfDay(dayAfter(to), timeZone),
          },
        },
      },
      {
        $project: { submittedAt: 1, status: 1, channel: 1, currency: 1, totalAmount: 1, items: 1 },
      },
      { $facet: facetsOf(currency, spans) },
    ]);
    if (!counts) throw new Error('$facet answers one document always');
    return asReport(range, counts, spans);
  }
}

function requireReasonable({ from, to, interval }: SalesRange): void {
  const days = countDays(from, to);
  const most = MAX_DAYS[interval];
  if (days >= 1 && days <= most) return;
  const message =
    days < 1
      ? 'to must not be before from'
      : `to must be at most ${most} days from from, with the interval ${interval}`;
  throw AppError.validation([{ field: 'to', message }]);
}

function facetsOf(currency: string, spans: Span[]): Record<string, Facet> {
  const sales = { $match: { currency, status: { $nin: [...NO_SALES] } } };
  const counted = { orders: { $sum: 1 }, revenue: { $sum: '$totalAmount' } };
  return {
    statuses: [
      { $group: { _id: { status: '$status', currency: '$currency' }, ...counted } },
      { $project: { status: '$_id.status', currency: '$_id.currency', orders: 1, revenue: 1 } },
    ],
    channels: [
      sales,
      { $group: { _id: '$channel', ...counted } },
      { $sort: { revenue: -1, _id: 1 } },
      { $project: { channel: '$_id', orders: 1, revenue: 1 } },
    ],
    products: [sales, ...PRODUCTS],
    times: [
      sales,
      { $group: { _id: positionIn(spans), ...counted } },
      { $project: { span: '$_id', orders: 1, revenue: 1 } },
    ],
  };
}

/**
 * In which of `spans`, from `first` on, an order was placed. The database is given moments, and no
 * time zone: it has rules of its own for these, older than ours. Halving asks at most ten times.
 */
function positionIn(spans: Span[], first = 0): object {
  if (spans.length < 2) return { $literal: first };
  const half = spans.length >> 1;
  const isBefore = { $lt: ['$submittedAt', spans[half]!.at] };
  return {
    $cond: [
      isBefore,
      positionIn(spans.slice(0, half), first),
      positionIn(spans.slice(half), first + half),
    ],
  };
}

const PRODUCTS: Facet = [
  { $unwind: '$items' },
  {
    $group: {
      _id: '$items.productId',
      productName: { $top: { sortBy: { submittedAt: -1 }, output: '$items.productName' } },
      quantity: { $sum: '$items.quantity' },
      revenue: { $sum: { $multiply: ['$items.price', '$items.quantity'] } },
    },
  },
  { $sort: { revenue: -1, _id: 1 } },
  { $limit: MAX_PRODUCTS },
  { $project: { productId: '$_id', productName: 1, quantity: 1, revenue: 1 } },
];
