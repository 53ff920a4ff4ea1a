import { listQuery } from '../../platform/http/list.query.js';

export class ListOrdersQuery extends listQuery({ default: 100, max: 500 }) {}
