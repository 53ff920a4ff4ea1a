import { listQuery } from '../../platform/http/list.query.js';

export class ListPaymentEventsQuery extends listQuery({ default: 100, max: 500 }) {}
