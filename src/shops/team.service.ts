import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type QueryFilter, Types, type UpdateQuery } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppError } from '../platform/http/app-error.js';
import type { User } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { AddMemberDto } from './dto/add-member.dto.js';
import type { Invitation } from './invitation.schema.js';
import { InvitationsService } from './invitations.service.js';
import { isAllowed, managedRoles, rolesThatManage, type ShopRole } from './permissions.js';
import { Shop, type TeamMember } from './shop.schema.js';
import type { Membership } from './shops.service.js';

/** A member, with the person they are. */
export interface TeamPerson {
  member: TeamMember;
  user?: User;
}

export interface Team {
  people: TeamPerson[];
  /** Undefined for those who may not invite. */
  invitations?: Invitation[];
}

/** Somebody was added at once, or invited. */
export type Entry = { person: TeamPerson } | { invitation: Invitation };

const MAX_MEMBERS = 100;
const MAX_SHOPS = 100;
const MAX_COLLEAGUES = 500;

/**
 * Writes the team of a shop. Each change is one conditional write whose filter holds the rights of
 * who makes it and the role of whom it meets, so that changes at the same time cannot add up to one
 * that nobody might make; a refusal is explained afterwards from what the shop is then.
 */
@Injectable()
export class TeamService {
  constructor(
    @InjectModel(Shop.name) private readonly shops: Model<Shop>,
    private readonly users: UsersService,
    private readonly invitations: InvitationsService,
    private readonly events: DomainEvents,
  ) {}

  async list({ shopId, role }: Membership): Promise<Team> {
    const { team } = await this.getShop(shopId);
    const [users, invitations] = await Promise.all([
      this.users.listByIds(team.map(({ userId }) => userId.toHexString())),
      isAllowed(role, 'team:write') ? this.invitations.listOpen(shopId, new Date()) : undefined,
    ]);
    const byId = new Map(users.map((user) => [user._id.toHexString(), user]));
    const people = team.map((member) => ({ member, user: byId.get(member.userId.toHexString()) }));
    return { people, invitations };
  }

  /** The people of all shops of `userId`, themselves included. */
  async listColleagues(userId: string): Promise<User[]> {
    const shops = await this.shops
      .find({ 'team.userId': userId }, { team: 1 })
      .sort({ _id: 1 })
      .limit(MAX_SHOPS)
      .lean();
    const ids = new Set(shops.flatMap(({ team }) => team.map((one) => one.userId.toHexString())));
    return this.users.listByIds([...ids].slice(0, MAX_COLLEAGUES));
  }

  /**
   * Adds who has an account at once, and invites an address that has none, or whose account has
   * not proven that the address is its own: anybody may have registered it first.
   */
  async addOrInvite(actor: Membership, { email, username, role }: AddMemberDto): Promise<Entry> {
    this.requireManaged(actor, role);
    const user = await this.findUser({ email, username });
    if (user && (!email || this.isProven(user))) {
      const member = await this.add(actor.shopId, { user, role, by: actor.userId });
      await this.invitations.closeFor(actor.shopId, user.email);
      return { person: { member, user } };
    }
    if (!email) throw AppError.notFound('user');
    const { name } = await this.getShop(actor.shopId);
    const invitation = { email, role, invitedBy: actor.userId, shopName: name };
    return { invitation: await this.invitations.invite(actor.shopId, invitation, new Date()) };
  }

  private isProven({ emailVerifiedAt }: User): boolean {
    return emailVerifiedAt !== undefined || !this.invitations.needProof;
  }

  /**
   * Joins the shop of an invitation, once, while its sender may still give that role.
   * @throws AppError `invalid_token`, or `forbidden` when it was sent to another address
   */
  async accept(userId: string, token: string): Promise<Shop> {
    const invitation = await this.invitations.findByToken(token, new Date());
    if (!invitation) throw usedUp();
    const user = await this.users.get(userId);
    if (user.email !== invitation.email) {
      throw new AppError(
        'forbidden',
        'This invitation was sent to another e-mail address: sign in with that one.',
      );
    }
    if (!(await this.invitations.claim(invitation))) throw usedUp();
    await this.users.recordEmailVerified(userId, new Date());
    const shopId = invitation.shopId.toHexString();
    const by = invitation.invitedBy.toHexString();
    try {
      await this.add(shopId, { user, role: invitation.role, by });
    } catch (error) {
      if (error instanceof AppError && error.code !== 'conflict') throw usedUp();
      if (!(await this.isMember(shopId, userId))) await this.invitations.putBack(invitation);
      throw error;
    }
    return this.getShop(shopId);
  }

  async setRole(actor: Membership, userId: string, role: ShopRole): Promise<TeamPerson> {
    if (role === 'owner' || !managedRoles(actor.role).includes(role)) {
      await this.refuseForOwner(actor.shopId, userId);
      this.requireManaged(actor, role);
    }
    const shop = await this.write(
      actor.shopId,
      this.mayManage(actor, userId),
      { $set: { 'team.$[member].role': role } },
      [{ 'member.userId': new Types.ObjectId(userId) }],
    );
    if (!shop) throw await this.refusal(actor, userId);
    this.tell(actor.shopId, userId, role);
    const [user] = await this.users.listByIds([userId]);
    return { member: memberOf(shop, userId)!, user };
  }

  /** Takes somebody out of the team; oneself is leaving. */
  async remove(actor: Membership, userId: string): Promise<void> {
    if (userId === actor.userId) return this.leave(actor);
    const shop = await this.write(actor.shopId, this.mayManage(actor, userId), pull(userId));
    if (!shop) throw await this.refusal(actor, userId);
    this.tell(actor.shopId, userId, null);
  }

  async leave({ shopId, userId }: Membership): Promise<void> {
    const shop = await this.write(shopId, hasMember(userId, { $ne: 'owner' }), pull(userId));
    if (!shop) {
      await this.refuseForOwner(shopId, userId);
      throw AppError.notFound('shop');
    }
    this.tell(shopId, userId, null);
  }

  /** Makes a member the owner and the owner an admin, at once: there is always exactly one. */
  async transfer({ shopId, userId: from }: Membership, to: string): Promise<void> {
    if (to === from) throw AppError.conflict('conflict', 'You own this shop already.');
    const shop = await this.write(
      shopId,
      { ownerId: from, $and: [hasMember(from, 'owner'), hasMember(to, { $ne: 'owner' })] },
      {
        $set: { ownerId: to, 'team.$[next].role': 'owner', 'team.$[last].role': 'admin' },
      },
      [{ 'next.userId': new Types.ObjectId(to) }, { 'last.userId': new Types.ObjectId(from) }],
    );
    if (!shop) {
      if (!(await this.isMember(shopId, to))) throw AppError.notFound('member');
      throw AppError.conflict('conflict', 'The shop has another owner by now: read it again.');
    }
    this.tell(shopId, to, 'owner');
    this.tell(shopId, from, 'admin');
  }

  private async add(
    shopId: string,
    { user, role, by }: { user: User; role: ShopRole; by: string },
  ): Promise<TeamMember> {
    const member = { userId: user._id, role, addedAt: new Date() };
    const shop = await this.write(
      shopId,
      {
        ...hasMember(by, { $in: rolesThatManage(role) }),
        'team.userId': { $ne: user._id },
        [`team.${MAX_MEMBERS - 1}`]: { $exists: false },
      },
      { $push: { team: member } },
    );
    const userId = user._id.toHexString();
    if (!shop) {
      const { team } = await this.getShop(shopId);
      if (team.some((one) => one.userId.equals(userId))) {
        throw AppError.conflict('conflict', `${user.username} is in the team already.`);
      }
      if (team.length >= MAX_MEMBERS) {
        throw AppError.conflict('conflict', `A team has at most ${MAX_MEMBERS} members.`);
      }
      throw new AppError('forbidden', `Your role no longer lets you add a ${role}: ask the owner.`);
    }
    this.tell(shopId, userId, role);
    return member;
  }

  private async write(
    shopId: string,
    condition: QueryFilter<Shop>,
    update: UpdateQuery<Shop>,
    arrayFilters?: Record<string, unknown>[],
  ): Promise<Shop | null> {
    return this.shops
      .findOneAndUpdate({ _id: shopId, ...condition }, update, {
        returnDocument: 'after',
        ...(arrayFilters ? { arrayFilters } : {}),
      })
      .lean();
  }

  private mayManage({ userId, role }: Membership, target: string): QueryFilter<Shop> {
    return { $and: [hasMember(userId, role), hasMember(target, { $in: managedRoles(role) })] };
  }

  /** Why a change of `userId` by `actor` was not made. */
  private async refusal({ shopId, role }: Membership, userId: string): Promise<AppError> {
    const target = memberOf(await this.getShop(shopId), userId);
    if (!target) return AppError.notFound('member');
    if (target.role === 'owner') return keepsOwner();
    if (managedRoles(role).includes(target.role)) {
      return new AppError(
        'forbidden',
        'Your role no longer lets you change members: ask the owner.',
      );
    }
    return new AppError(
      'forbidden',
      `As ${role} you may not change a member who is ${target.role}: ask the owner.`,
    );
  }

  private async refuseForOwner(shopId: string, userId: string): Promise<void> {
    const shop = await this.getShop(shopId);
    if (memberOf(shop, userId)?.role === 'owner') throw keepsOwner();
  }

  private requireManaged({ role: own }: Membership, role: ShopRole): void {
    if (managedRoles(own).includes(role)) return;
    if (own === 'owner') throw keepsOwner();
    throw new AppError('forbidden', `As ${own} you may not make anybody ${role}: ask the owner.`);
  }

  private async findUser({
    email,
    username,
  }: Pick<AddMemberDto, 'email' | 'username'>): Promise<User | null> {
    if (email) return this.users.findByEmail(email);
    return this.users.findByUsername(username ?? '');
  }

  private async isMember(shopId: string, userId: string): Promise<boolean> {
    return (await this.shops.exists({ _id: shopId, 'team.userId': userId })) !== null;
  }

  private async getShop(shopId: string): Promise<Shop> {
    const shop = await this.shops.findOne({ _id: shopId, deletedAt: { $exists: false } }).lean();
    if (!shop) throw AppError.notFound('shop');
    return shop;
  }

  private tell(shopId: string, userId: string, role: ShopRole | null): void {
    this.events.emit('membership.changed', { shopId, userId, role });
  }
}

function hasMember(userId: string, role: unknown): QueryFilter<Shop> {
  return { team: { $elemMatch: { userId: new Types.ObjectId(userId), role } } };
}

function pull(userId: string): UpdateQuery<Shop> {
  return { $pull: { team: { userId: new Types.ObjectId(userId) } } };
}

function memberOf({ team }: Shop, userId: string): TeamMember | undefined {
  return team.find((member) => member.userId.equals(userId));
}

function keepsOwner(): AppError {
  return new AppError(
    'last_owner',
    'A shop has exactly one owner: the owner must transfer the ownership first.',
  );
}

function usedUp(): AppError {
  return new AppError(
    'invalid_token',
    'This invitation was used, withdrawn or is too old: ask for a new one.',
  );
}
