import { listQuery } from '../../platform/http/list.query.js';

export class ListPublicFormsQuery extends listQuery({ default: 50, max: 100 }) {}
