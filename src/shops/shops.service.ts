import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { Flights } from '../platform/database/flights.js';
import { GatheredWrites } from '../platform/database/gathered-writes.js';
import { SharedReads } from '../platform/database/shared-reads.js';
import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import type { CreateShopDto } from './dto/create-shop.dto.js';
import type { ShopRole } from './permissions.js';
import { Shop, type TeamMember } from './shop.schema.js';
import { SLUG_PATTERN, slugFromName } from './slug.js';

export interface Membership {
  shopId: string;
  userId: string;
  role: ShopRole;
}

/** What takes a number: each change takes `seq`, an order its own as well. */
type Numbered = 'change' | 'order';

interface Numbers {
  name: string;
  seq: number;
  /** Of the last order. */
  number: number;
}

const MAX_SHOPS_OF_A_PERSON = 100;
const SLUG_ATTEMPTS = 5;
/** How exactly a shop knows when its number moved: its index is not written at each. */
const SEQ_AT_MS = 10_000;

@Injectable()
export class ShopsService {
  private readonly teams = new SharedReads<TeamMember[]>((shopIds) => this.mapTeams(shopIds));
  private readonly bySlug = new Flights<Shop>();
  private readonly counters = new GatheredWrites<Numbered, Numbers>((shopId, asked) =>
    this.count(shopId, asked),
  );

  constructor(@InjectModel(Shop.name) private readonly shops: Model<Shop>) {}

  /** A slug that is asked for must be free; one made from the name gets a number when it is not. */
  async create(ownerId: string, dto: CreateShopDto, _id = new Types.ObjectId()): Promise<Shop> {
    const { name, slug } = dto;
    const wanted = slug ?? slugFromName(name);
    for (let attempt = 1; ; attempt++) {
      const candidate = attempt === 1 ? wanted : `${wanted}-${randomInt(1_000, 1_000_000)}`;
      try {
        return await this.insert(_id, ownerId, { ...dto, slug: candidate });
      } catch (error) {
        if (!isDuplicateKey(error, 'slug')) throw error;
        if (slug || attempt === SLUG_ATTEMPTS) throw slugTaken(wanted);
      }
    }
  }

  /** Before anything is stored for a shop that cannot be; who is faster is found by the index. */
  async requireFreeSlug(slug: string): Promise<void> {
    if (await this.shops.exists({ slug })) throw slugTaken(slug);
  }

  /** The shops in which `userId` has a role, oldest first. */
  async listOf(userId: string): Promise<Shop[]> {
    return this.shops
      .find({ 'team.userId': userId })
      .sort({ _id: 1 })
      .limit(MAX_SHOPS_OF_A_PERSON)
      .lean();
  }

  async get(shopId: string): Promise<Shop> {
    const shop = await this.shops.findOne({ _id: shopId, deletedAt: { $exists: false } }).lean();
    if (!shop) throw AppError.notFound('shop');
    return shop;
  }

  /** Those of `shopIds` that were deleted. */
  async listDeletedIds(shopIds: string[]): Promise<Set<string>> {
    const found = await this.shops
      .find({ _id: { $in: shopIds }, deletedAt: { $exists: true } }, { _id: 1 })
      .lean();
    return new Set(found.map(({ _id }) => _id.toHexString()));
  }

  /** False also for one that was deleted. */
  async exists(shopId: string): Promise<boolean> {
    const found = await this.shops.exists({ _id: shopId, deletedAt: { $exists: false } });
    return found !== null;
  }

  /** A rush of customers reads the shop once. */
  async getBySlugOrId(slugOrId: string): Promise<Shop> {
    if (isObjectIdHex(slugOrId)) return this.get(slugOrId);
    if (!SLUG_PATTERN.test(slugOrId)) throw AppError.notFound('shop');
    return this.bySlug.share(slugOrId, async () => {
      const shop = await this.shops.findOne({ slug: slugOrId }).lean();
      if (!shop) throw AppError.notFound('shop');
      return shop;
    });
  }

  /** The caller's role, for guards and sockets alike; null for a stranger and for no shop. */
  async findMembership(
    shopId: string,
    userId: string,
    team = this.readTeam(shopId),
  ): Promise<Membership | null> {
    const member = (await team).find((one) => one.userId.toHexString() === userId);
    return member ? { shopId: shopId.toLowerCase(), userId, role: member.role } : null;
  }

  /** Nobody for what is no shop. */
  async readTeam(shopId: string): Promise<TeamMember[]> {
    if (!isObjectIdHex(shopId)) return [];
    return (await this.teams.read(shopId.toLowerCase())) ?? [];
  }

  /** The last number that was taken. */
  async getSeq(shopId: string): Promise<number> {
    const shop = await this.shops.findOne({ _id: shopId }, { seq: 1 }).lean();
    if (!shop) throw AppError.notFound('shop');
    return shop.seq;
  }

  /** The last numbers that were taken, by shop. */
  async mapSeqs(shopIds: string[]): Promise<Map<string, number>> {
    const shops = await this.shops.find({ _id: { $in: shopIds } }, { seq: 1 }).lean();
    return new Map(shops.map(({ _id, seq }) => [_id.toHexString(), seq]));
  }

  /** Everybody with a role there; nobody for a shop that is gone. */
  async listMembers(shopId: string): Promise<Membership[]> {
    const team = await this.readTeam(shopId);
    return team.map(({ userId, role }) => ({ shopId, userId: userId.toHexString(), role }));
  }

  /** Shops whose number has moved since, those that waited longest first. */
  async listActiveSince(since: Date, limit: number): Promise<Pick<Shop, '_id' | 'seq'>[]> {
    return this.shops
      .find({ seqAt: { $gte: roughly(since) } }, { seq: 1 })
      .sort({ seqAt: 1 })
      .limit(limit)
      .lean();
  }

  /** Takes the shop's next number, for a write that others must see. */
  async nextSeq(shopId: string): Promise<number> {
    return (await this.counters.ask(shopId, 'change')).seq;
  }

  /** Takes the number of the shop's next order, and that of its change; gaps may be, doubles never. */
  async nextOrderNumber(shopId: string): Promise<Numbers> {
    return this.counters.ask(shopId, 'order');
  }

  /** Takes the numbers of all that ask at the same moment, in one step. */
  private async count(shopId: string, asked: Numbered[]): Promise<Numbers[]> {
    const orders = asked.filter((what) => what === 'order').length;
    const shop = await this.shops
      .findOneAndUpdate(
        { _id: shopId },
        {
          $inc: { seq: asked.length, orderCounter: orders },
          $max: { seqAt: roughly(new Date()) },
        },
        {
          returnDocument: 'after',
          projection: { name: 1, orderCounter: 1, seq: 1 },
          timestamps: false,
        },
      )
      .lean();
    if (!shop) throw AppError.notFound('shop');
    const { name } = shop;
    let seq = shop.seq - asked.length;
    let number = shop.orderCounter - orders;
    return asked.map((what) => {
      seq++;
      if (what === 'order') number++;
      return { name, seq, number };
    });
  }

  private async mapTeams(shopIds: string[]): Promise<Map<string, TeamMember[]>> {
    const found = await this.shops.find({ _id: { $in: shopIds } }, { team: 1 }).lean();
    return new Map(found.map(({ _id, team }) => [_id.toHexString(), team]));
  }

  private async insert(
    _id: Types.ObjectId,
    ownerId: string,
    dto: CreateShopDto & { slug: string },
  ): Promise<Shop> {
    const owner = new Types.ObjectId(ownerId);
    const shop = await this.shops.create({
      _id,
      name: dto.name.trim(),
      slug: dto.slug,
      currency: dto.currency,
      ...(dto.timeZone ? { timeZone: dto.timeZone } : {}),
      description: dto.description ?? '',
      ownerId: owner,
      team: [{ userId: owner, role: 'owner', addedAt: new Date() }],
    });
    return shop.toObject();
  }
}

function roughly(at: Date): Date {
  return new Date(at.getTime() - (at.getTime() % SEQ_AT_MS));
}

export function slugTaken(slug: string): AppError {
  return AppError.conflict('slug_taken', `The address "${slug}" is taken: choose another.`);
}
