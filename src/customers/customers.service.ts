import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type QueryFilter, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { boundedScan, rarestFirst } from '../platform/database/bounded-scan.js';
import { searchFilter, searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { type Cursor, decodeCursor, encodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { emailKey, isAmong, keysOf, nationalsOf, phoneKey } from './customer-keys.js';
import { Customer } from './customer.schema.js';
import type { ListCustomersQuery } from './dto/list-customers.query.js';

/** What somebody says of themselves when they order or write. */
export interface Contact {
  name: string;
  phone?: string | null;
  email?: string | null;
  address?: string | null;
}

/** A contact by which somebody can be known again. */
interface KnownContact {
  name: string;
  phones: string[];
  emails: string[];
  address: string;
  keys: string[];
  nationals: string[];
}

const ATTEMPTS = 5;
const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;
const BY_STATE = { shopId: 1, state: 1, ...NEWEST_FIRST } as const;
const BY_WORD = { shopId: 1, searchWords: 1, ...NEWEST_FIRST } as const;
/** How far a Date reaches, either way; a cursor may hold more. */
const LAST_DATE_MS = 8.64e15;
const NAME_CHARACTERS = 100;
/** Two would do to tell that a phone could be two people's; one of them may be merging. */
const MAX_ALIKE = 5;
/** What a customer gets of orders and chats; the team may add more by hand. */
const MAX_LEARNED = 10;

/** Knows a shop's customers again by what they give. */
@Injectable()
export class CustomersService {
  constructor(@InjectModel(Customer.name) private readonly customers: Model<Customer>) {}

  /**
   * The customer with this phone or e-mail; one of two parallel first contacts makes them, the other
   * finds them. When phone and e-mail are two people's, it is the phone's: nobody is merged silently.
   * What was unknown so far (the other of phone and e-mail, an address) is added to the customer;
   * what is known is never changed.
   * @returns null when neither phone nor e-mail is given
   */
  async findOrCreate(shopId: string, contact: Contact): Promise<Customer | null> {
    const given = readContact(contact);
    if (given.keys.length === 0) return null;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const holders = await this.listHolders(shopId, [...given.keys, ...given.nationals]);
      const [phone] = given.phones;
      const phoned = phone ? await this.findByPhone(shopId, phone, holders) : undefined;
      const holder = phoned ?? holders.find(({ keys }) => hasEmail(keys, given));
      if (!holder) {
        const created = await this.tryCreate(shopId, given, holders);
        if (created) return created;
        continue;
      }
      const customer = await this.get(shopId, holder._id.toHexString());
      if (customer.state !== 'erased') return this.learn(customer, given, holders);
    }
    throw AppError.conflict('conflict', 'Others change this customer at this moment: try again.');
  }

  /** Newest first. */
  async list(shopId: string, { limit, cursor, q }: ListCustomersQuery): Promise<Page<Customer>> {
    const words = q ? searchFilter(q)?.searchWords.$all : [];
    if (!words) return new Page<Customer>([], null);
    const shop = new Types.ObjectId(shopId);
    // Of those merged or erased no words are left: the other index would find as many.
    const index = q ? BY_WORD : BY_STATE;
    const [word, ...others] = await rarestFirst(this.customers, shop, words, index);
    const { rows, stoppedAt } = await boundedScan(this.customers, {
      range: {
        shopId: shop,
        ...(word === undefined ? {} : { searchWords: word }),
        state: 'active',
        ...(cursor ? olderThan(cursor) : {}),
      },
      rest: others.length > 0 ? { searchWords: { $all: others } } : undefined,
      order: NEWEST_FIRST,
      index,
      limit,
      fields: { searchWords: 0 },
    });
    if (rows.length > limit) return Page.of(rows, limit, positionOf);
    return new Page(rows, stoppedAt ? encodeCursor(positionOf(stoppedAt)) : null);
  }

  /** A merged customer is the one they have become; of an erased one nothing but that is left. */
  async get(shopId: string, customerId: string): Promise<Customer> {
    const customer = await this.find(shopId, customerId);
    if (!customer) throw AppError.notFound('customer');
    return customer;
  }

  /** As `get`. */
  async find(shopId: string, customerId: string): Promise<Customer | null> {
    const passed: Customer[] = [];
    let current = await this.customers.findOne({ shopId, _id: customerId }).lean();
    while (current?.mergedInto) {
      const again = passed.findIndex(({ _id }) => _id.equals(current?._id));
      if (again >= 0) return smallestOf(passed.slice(again));
      passed.push(current);
      current = await this.customers.findOne({ shopId, _id: current.mergedInto }).lean();
    }
    return current;
  }

  /** @throws AppError `conflict` when they were erased, or are on their way into another */
  async getActive(shopId: string, customerId: string): Promise<Customer> {
    const customer = await this.get(shopId, customerId);
    if (customer.state === 'active') return customer;
    throw AppError.conflict('conflict', 'This customer was erased, or is merged: read it again.');
  }

  /** Whoever has one of `keys`, or had it before a merge that still runs; active ones first. */
  async listHolders(shopId: string, keys: string[]): Promise<Customer[]> {
    const holders = await this.customers
      .find({ shopId, keys: { $in: keys } })
      .limit(keys.length * 2)
      .lean();
    return holders.sort((a, b) => a.state.localeCompare(b.state));
  }

  /**
   * Whose number `phone` is. Written without its calling code, or known without, it is that of
   * the only customer in question; of two it is neither's: two people never become one.
   * @param holders those of the phone's keys
   */
  async findByPhone(
    shopId: string,
    phone: string,
    holders: Customer[],
  ): Promise<Customer | undefined> {
    const same = holders.find(({ phones }) => isAmong(phones, phone) === 'same');
    if (same) return same;
    const nationals = { $in: nationalsOf([phone]) };
    const alike = await this.customers.find({ shopId, nationals }).limit(MAX_ALIKE).lean();
    const inQuestion = [...holders, ...alike].filter(
      ({ phones }) => isAmong(phones, phone) !== 'no',
    );
    const people = new Set(inQuestion.map(({ mergedInto, _id }) => String(mergedInto ?? _id)));
    const [only] = inQuestion;
    return only && people.size === 1 && isAmong(only.phones, phone) === 'may be' ? only : undefined;
  }

  /** Null when somebody with the same key was faster. */
  private async tryCreate(
    shopId: string,
    given: KnownContact,
    holders: Customer[],
  ): Promise<Customer | null> {
    const { name, phones, emails, address, nationals } = given;
    const keys = [...given.keys, ...nationals].filter((key) => isFreeAmong(holders, key));
    try {
      const created = await this.customers.create({
        shopId: new Types.ObjectId(shopId),
        name,
        phones,
        emails,
        address,
        keys,
        nationals,
        searchWords: searchWordsOf([name, ...emails], phones),
      });
      return created.toObject();
    } catch (error) {
      if (isDuplicateKey(error, 'keys')) return null;
      throw error;
    }
  }

  private async learn(
    customer: Customer,
    given: KnownContact,
    holders: Customer[],
  ): Promise<Customer> {
    const phones = given.phones.filter((phone) => {
      if (holders.some((holder) => isAmong(holder.phones, phone) === 'same')) return false;
      // What they have with its calling code says more.
      return isAmong(customer.phones, phone) === 'no' || phoneKey(phone)?.startsWith('tel:+');
    });
    const emails = given.emails.filter((email) => isFreeAmong(holders, emailKey(email)));
    const nationals = nationalsOf(phones);
    const known = [...keysOf({ phones, emails }), ...nationals];
    const keys = known.filter((key) => isFreeAmong(holders, key));
    const address = customer.address === '' ? given.address : '';
    const isFull = customer.phones.length + customer.emails.length >= MAX_LEARNED;
    if ((keys.length === 0 || isFull) && !address) return customer;
    const searchWords = searchWordsOf(emails, phones);
    const added = {
      keys: { $each: keys },
      nationals: { $each: nationals },
      phones: { $each: phones },
      emails: { $each: emails },
      searchWords: { $each: searchWords },
    };
    const addressed = address ? { address } : {};
    try {
      const learned = await this.customers
        .findOneAndUpdate(
          { shopId: customer.shopId, _id: customer._id, state: 'active' },
          { $set: addressed, ...(isFull ? {} : { $addToSet: added }) },
          { returnDocument: 'after' },
        )
        .lean();
      return learned ?? customer;
    } catch (error) {
      // Somebody else came with that key at this moment, and has it now.
      if (isDuplicateKey(error, 'keys')) return customer;
      throw error;
    }
  }
}

function isFreeAmong(holders: Customer[], key: string | undefined): boolean {
  return key !== undefined && !holders.some(({ keys }) => keys.includes(key));
}

function hasEmail(keys: string[], { emails }: KnownContact): boolean {
  return keysOf({ phones: [], emails }).some((key) => keys.includes(key));
}

function readContact({ name, phone, email, address }: Contact): KnownContact {
  const phones = phone && phoneKey(phone) ? [phone.trim()] : [];
  const emails = email && emailKey(email) ? [email.trim()] : [];
  return {
    name: name.trim().slice(0, NAME_CHARACTERS),
    phones,
    emails,
    address: address?.trim() ?? '',
    keys: keysOf({ phones, emails }),
    nationals: nationalsOf(phones),
  };
}

/** Of customers whom two people merge into each other at once, until both merges are undone. */
function smallestOf(customers: Customer[]): Customer {
  return customers.reduce((a, b) => (a._id.toHexString() < b._id.toHexString() ? a : b));
}

function positionOf({ createdAt, _id }: Customer): Cursor {
  return { at: createdAt.getTime(), id: _id.toHexString() };
}

function olderThan(cursor: string): QueryFilter<Customer> {
  const { at, id } = decodeCursor(cursor);
  const createdAt = new Date(Math.max(-LAST_DATE_MS, Math.min(at, LAST_DATE_MS)));
  return {
    // The first bound says what the second implies, so that the index is read from there.
    createdAt: { $lte: createdAt },
    $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: new Types.ObjectId(id) } }],
  };
}
