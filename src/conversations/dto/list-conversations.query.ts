import { listQuery } from '../../platform/http/list.query.js';

export class ListConversationsQuery extends listQuery({ default: 200, max: 500 }) {}
