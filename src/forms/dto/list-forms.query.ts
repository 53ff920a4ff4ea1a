import { listQuery } from '../../platform/http/list.query.js';

export class ListFormsQuery extends listQuery({ default: 100, max: 100 }) {}
