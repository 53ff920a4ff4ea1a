import { listQuery } from '../../platform/http/list.query.js';

export class ListNotificationsQuery extends listQuery({ default: 100, max: 200 }) {}
