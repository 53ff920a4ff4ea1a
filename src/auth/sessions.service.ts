import { hkdfSync, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppConfig } from '../platform/config/app-config.js';
import { SharedReads } from '../platform/database/shared-reads.js';
import { AppError } from '../platform/http/app-error.js';
import {
  hashRefreshToken,
  isGenuine,
  makeRefreshToken,
  readRefreshToken,
} from './refresh-token.js';
import { Session } from './session.schema.js';

export interface Device {
  userAgent?: string;
  ip?: string;
}

export interface OpenSession {
  session: Session;
  refreshToken: string;
}

const SESSION_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the token before the current one is still answered: two tabs renew at once. */
const RACE_MS = 30_000;
const MAX_USER_AGENT_CHARACTERS = 300;
const MAX_LISTED = 100;
const MAX_JOINED = 100;
/** How exactly the last use of a session is kept: not every request is a write. */
const LAST_USE_MS = 60_000;

@Injectable()
export class SessionsService {
  private readonly logger = new Logger(SessionsService.name);
  private readonly key: string;
  private readonly reads = new SharedReads<Session>((ids) => this.mapByIds(ids));

  constructor(
    @InjectModel(Session.name) private readonly sessions: Model<Session>,
    private readonly events: DomainEvents,
    config: AppConfig,
  ) {
    const derived = hkdfSync('sha256', config.jwtSecret, '', 'refresh-token', 32);
    this.key = Buffer.from(derived).toString('hex');
  }

  /** @param withPassword whether the person gave the password just now */
  async open(
    userId: string,
    { userAgent, ip }: Device,
    { now, withPassword }: { now: Date; withPassword: boolean },
  ): Promise<OpenSession> {
    const _id = new Types.ObjectId();
    const family = randomBytes(32).toString('base64url');
    const claims = { sessionId: _id.toHexString(), generation: 1 };
    const refreshToken = makeRefreshToken(this.key, family, claims);
    const created = await this.sessions.create({
      _id,
      userId: new Types.ObjectId(userId),
      family,
      refreshHash: hashRefreshToken(refreshToken),
      generation: 1,
      rotatedAt: now,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS),
      ip,
      createdAt: now,
      lastUsedAt: now,
      passwordAt: withPassword ? now : null,
      expiresAt: new Date(now.getTime() + SESSION_DAYS * DAY_MS),
    });
    await this.endSurplus(userId, now);
    return { session: created.toObject(), refreshToken };
  }

  /** The session while it stands: read at every request, so that its end counts at once. */
  async findLive(sessionId: string, now: Date): Promise<Session | null> {
    const session = await this.reads.read(sessionId);
    return session && !session.revokedAt && session.expiresAt > now ? session : null;
  }

  /** Those of `sessionIds` that stand, in one query. */
  async listLiveIds(sessionIds: string[], now: Date): Promise<Set<string>> {
    const live = await this.sessions
      .find({ _id: { $in: sessionIds }, revokedAt: null, expiresAt: { $gt: now } }, { _id: 1 })
      .lean();
    return new Set(live.map(({ _id }) => _id.toHexString()));
  }

  /** Notes that a session is in use, at most once a minute. */
  async recordUse({ _id, lastUsedAt }: Session, now: Date): Promise<void> {
    if (now.getTime() - lastUsedAt.getTime() < LAST_USE_MS) return;
    // Of many requests at once the first writes.
    await this.sessions.updateOne({ _id, lastUsedAt }, { $set: { lastUsedAt: now } });
  }

  /** Keeps in mind that a socket of the session has joined a shop. */
  async rememberShop(sessionId: string, shopId: string): Promise<void> {
    await this.sessions.updateOne(
      { _id: sessionId, [`joinedShops.${MAX_JOINED - 1}`]: { $exists: false } },
      { $addToSet: { joinedShops: shopId } },
    );
  }

  async forgetShop(sessionId: string, shopId: string): Promise<void> {
    await this.sessions.updateOne({ _id: sessionId }, { $pull: { joinedShops: shopId } });
  }

  /**
   * Exchanges a refresh token for its successor. The token before the current one gets the current
   * one again for a moment; an older one was stolen or copied, and ends the whole family.
   * @throws AppError `unauthenticated`
   */
  async rotate(refreshToken: string, now: Date): Promise<OpenSession> {
    const session = await this.requireGenuine(refreshToken, now);
    const next = this.tokenOf(session, session.generation + 1);
    const rotated = await this.sessions
      .findOneAndUpdate(
        {
          _id: session._id,
          refreshHash: hashRefreshToken(refreshToken),
          revokedAt: null,
          expiresAt: { $gt: now },
        },
        {
          $set: { refreshHash: hashRefreshToken(next), rotatedAt: now, lastUsedAt: now },
          $inc: { generation: 1 },
        },
        { returnDocument: 'after' },
      )
      .lean();
    if (rotated) return { session: rotated, refreshToken: next };
    return this.answerLateToken(refreshToken, now);
  }

  /** The live session of a refresh token that is good now, without exchanging it. */
  async findByRefreshToken(refreshToken: string, now: Date): Promise<Session | null> {
    const session = await this.requireGenuine(refreshToken, now).catch((error: unknown) => {
      if (error instanceof AppError) return null;
      throw error;
    });
    return session && isRecent(session, refreshToken, now) ? session : null;
  }

  /** The live session of a refresh token that we made, even of one that was exchanged since. */
  async findByAnyRefreshToken(refreshToken: string, now: Date): Promise<Session | null> {
    return this.requireGenuine(refreshToken, now).catch((error: unknown) => {
      if (error instanceof AppError) return null;
      throw error;
    });
  }

  /** The current refresh token of a session; only for the client that has just signed in. */
  currentToken(session: Session): string {
    return this.tokenOf(session, session.generation);
  }

  /** A person's live sessions, newest first. */
  async listOf(userId: string, now: Date): Promise<Session[]> {
    return this.sessions
      .find({ userId, revokedAt: null, expiresAt: { $gt: now } })
      .sort({ createdAt: -1 })
      .limit(MAX_LISTED)
      .lean();
  }

  /** Ends one session of `userId`; whether there was one to end. */
  async revoke(userId: string, sessionId: string, now: Date): Promise<boolean> {
    const ended = await this.sessions
      .findOneAndUpdate(
        { _id: sessionId, userId, revokedAt: null, expiresAt: { $gt: now } },
        { $set: { revokedAt: now } },
      )
      .lean();
    if (ended) this.events.emit('session.ended', { userId, sessionId });
    return ended !== null;
  }

  /** Ends every session of `userId` but one. */
  async revokeAll(userId: string, now: Date, exceptSessionId?: string): Promise<void> {
    const others = exceptSessionId ? { _id: { $ne: exceptSessionId } } : {};
    await this.sessions.updateMany(
      { userId, revokedAt: null, ...others },
      { $set: { revokedAt: now } },
    );
    this.events.emit('sessions.ended', { userId, exceptSessionId });
  }

  /** A person has so many sessions as the list shows: none is out of sight. */
  private async endSurplus(userId: string, now: Date): Promise<void> {
    const surplus = await this.sessions
      .find({ userId, revokedAt: null, expiresAt: { $gt: now } }, { _id: 1 })
      .sort({ createdAt: -1 })
      .skip(MAX_LISTED)
      .limit(MAX_LISTED)
      .lean();
    for (const { _id } of surplus) await this.revoke(userId, _id.toHexString(), now);
  }

  private async mapByIds(ids: string[]): Promise<Map<string, Session>> {
    const found = await this.sessions.find({ _id: { $in: ids } }).lean();
    return new Map(found.map((session) => [session._id.toHexString(), session]));
  }

  private tokenOf({ _id, family }: Session, generation: number): string {
    return makeRefreshToken(this.key, family, { sessionId: _id.toHexString(), generation });
  }

  private async requireGenuine(refreshToken: string, now: Date): Promise<Session> {
    const claims = readRefreshToken(refreshToken);
    const session = claims && (await this.findLive(claims.sessionId, now));
    if (session && isGenuine(this.key, session.family, refreshToken)) return session;
    throw new AppError('unauthenticated', 'Sign in again: the refresh token is not valid.');
  }

  private async answerLateToken(refreshToken: string, now: Date): Promise<OpenSession> {
    const session = await this.requireGenuine(refreshToken, now);
    if (isRecent(session, refreshToken, now)) {
      return { session, refreshToken: this.currentToken(session) };
    }
    const userId = session.userId.toHexString();
    const sessionId = session._id.toHexString();
    this.logger.warn({ msg: 'a used refresh token came back: session ended', userId, sessionId });
    await this.revoke(userId, sessionId, now);
    throw new AppError('unauthenticated', 'Sign in again: this session was ended for safety.');
  }
}

/** Whether the token is the current one, or the one before it within the moment of a race. */
function isRecent({ generation, rotatedAt }: Session, refreshToken: string, now: Date): boolean {
  const given = readRefreshToken(refreshToken)?.generation;
  if (given === generation) return true;
  return given === generation - 1 && now.getTime() - rotatedAt.getTime() < RACE_MS;
}
