import { listQuery } from '../../platform/http/list.query.js';

export class ListPublicProductsQuery extends listQuery({ default: 500, max: 500 }) {}
