import { listQuery } from '../../platform/http/list.query.js';

export class ListDeadJobsQuery extends listQuery({ default: 50, max: 200 }) {}
