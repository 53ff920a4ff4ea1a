import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { Session } from './session.schema.js';

export interface Device {
  userAgent?: string;
  ip?: string;
}

const SESSION_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_USER_AGENT_CHARACTERS = 300;

@Injectable()
export class SessionsService {
  constructor(@InjectModel(Session.name) private readonly sessions: Model<Session>) {}

  async open(userId: string, { userAgent, ip }: Device, now: Date): Promise<Session> {
    const session = await this.sessions.create({
      userId,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS),
      ip,
      createdAt: now,
      expiresAt: new Date(now.getTime() + SESSION_DAYS * DAY_MS),
    });
    return session.toObject();
  }

  /** Whether the session still stands: read at every request, so that its end counts at once. */
  async isLive(sessionId: string, now: Date): Promise<boolean> {
    const session = await this.sessions
      .findOne({ _id: sessionId, revokedAt: null, expiresAt: { $gt: now } }, { _id: 1 })
      .lean();
    return session !== null;
  }
}
