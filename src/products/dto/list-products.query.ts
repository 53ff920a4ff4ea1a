import { listQuery } from '../../platform/http/list.query.js';

/** The app does not page: a usual catalogue comes whole. */
export class ListProductsQuery extends listQuery({ default: 500, max: 500 }) {}
