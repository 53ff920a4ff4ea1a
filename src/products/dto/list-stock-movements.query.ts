import { listQuery } from '../../platform/http/list.query.js';

export class ListStockMovementsQuery extends listQuery({ default: 100, max: 500 }) {}
