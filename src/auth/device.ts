import type { Request } from 'express';
import type { Device } from './sessions.service.js';

/** What a session remembers of the device that opened it. */
export function deviceOf({ headers, ip }: Request): Device {
  return { userAgent: headers['user-agent'], ip };
}
