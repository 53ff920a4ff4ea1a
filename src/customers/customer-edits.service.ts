import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { emailKey, isAmong, keysOf, nationalsOf, phoneKey } from './customer-keys.js';
import { Customer } from './customer.schema.js';
import { CustomersService } from './customers.service.js';
import type { CreateCustomerDto } from './dto/create-customer.dto.js';
import type { UpdateCustomerDto } from './dto/update-customer.dto.js';

type Profile = Pick<Customer, 'name' | 'phones' | 'emails' | 'address' | 'notes' | 'tags'>;

const ATTEMPTS = 5;
/** Customers as the team writes them down. */
@Injectable()
export class CustomerEditsService {
  constructor(
    @InjectModel(Customer.name) private readonly model: Model<Customer>,
    private readonly customers: CustomersService,
  ) {}

  /** @throws AppError `conflict` naming whoever has one of the phones or e-mails already */
  async create(shopId: string, dto: CreateCustomerDto): Promise<Customer> {
    const given = profileOf(dto);
    const { phones = [], emails = [] } = given;
    requirePhones(phones);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const keys = await this.freeKeys(shopId, { phones, emails });
      const created = await orNull(
        this.model.create({
          shopId: new Types.ObjectId(shopId),
          ...given,
          keys,
          nationals: nationalsOf(phones),
          searchWords: searchWordsOf([given.name, ...emails], phones),
        }),
      );
      if (created) return created.toObject();
    }
    throw tooMany();
  }

  /** Changes what is given, in one step. */
  async update(shopId: string, customerId: string, dto: UpdateCustomerDto): Promise<Customer> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const current = await this.customers.getActive(shopId, customerId);
      const updated = await this.tryUpdate(shopId, current, dto);
      if (updated) return updated;
    }
    throw tooMany();
  }

  /** Null when somebody else was faster. */
  private async tryUpdate(
    shopId: string,
    current: Customer,
    dto: UpdateCustomerDto,
  ): Promise<Customer | null> {
    const given = profileOf(dto);
    const { name, phones, emails } = { ...current, ...given };
    requirePhones(phones);
    const keys = await this.freeKeys(shopId, { phones, emails }, current);
    const nationals = nationalsOf(phones);
    const searchWords = searchWordsOf([name, ...emails], phones);
    const read = { name: current.name, phones: current.phones, emails: current.emails };
    return orNull(
      this.model
        .findOneAndUpdate(
          // What the keys and words are made of must still be so.
          { shopId, _id: current._id, state: 'active', ...read },
          { $set: { ...given, keys, nationals, searchWords } },
          { returnDocument: 'after' },
        )
        .lean(),
    );
  }

  /** @throws AppError `conflict` when another customer than `current` has one of them */
  private async freeKeys(
    shopId: string,
    contacts: Pick<Profile, 'phones' | 'emails'>,
    current?: Customer,
  ): Promise<string[]> {
    const keys = keysOf(contacts);
    const all = [...keys, ...nationalsOf(contacts.phones)];
    if (all.length === 0) return [];
    const isOther = ({ _id }: Customer): boolean => !current?._id.equals(_id);
    const holders = (await this.customers.listHolders(shopId, all)).filter(isOther);
    const isNew = (key: string): boolean => !current?.keys.includes(key);
    let taken = holders.find((holder) =>
      keys.some((key) => isNew(key) && holder.keys.includes(key)),
    );
    for (const phone of contacts.phones) {
      if (taken || isAmong(current?.phones ?? [], phone) === 'same') continue;
      const found = await this.customers.findByPhone(shopId, phone, holders);
      if (found && isOther(found)) taken = found;
    }
    if (taken) throw takenBy(taken);
    return all.filter((key) => !holders.some((holder) => holder.keys.includes(key)));
  }
}

function takenBy(holder: Customer): AppError {
  const customerId = (holder.mergedInto ?? holder._id).toHexString();
  return new AppError(
    'conflict',
    'Another customer has one of these phones or e-mails: change that one, or merge the two.',
    { data: { customerId } },
  );
}

function tooMany(): AppError {
  return AppError.conflict('conflict', 'Others change this customer at this moment: try again.');
}

/** Null when somebody else has taken one of the keys meanwhile. */
async function orNull<T>(written: Promise<T>): Promise<T | null> {
  try {
    return await written;
  } catch (error) {
    if (isDuplicateKey(error, 'keys')) return null;
    throw error;
  }
}

/** What is given, as it is kept; a phone or e-mail written twice counts once. */
function profileOf(dto: UpdateCustomerDto): Partial<Profile> {
  const { name, phones, emails, address, notes, tags } = dto;
  return {
    ...(name ? { name: name.trim() } : {}),
    ...(phones ? { phones: distinctPhones(phones) } : {}),
    ...(emails ? { emails: distinct(emails, emailKey) } : {}),
    ...((address ?? undefined) === undefined ? {} : { address: address?.trim() }),
    ...((notes ?? undefined) === undefined ? {} : { notes }),
    ...(tags ? { tags: [...new Set(tags.map((tag) => tag.trim()))] } : {}),
  };
}

function distinct(texts: string[], keyOf: (text: string) => string | undefined): string[] {
  return [...new Map(texts.map((text) => [keyOf(text) ?? text, text.trim()])).values()];
}

/** What is written with its calling code too says no more without it. */
function distinctPhones(phones: string[]): string[] {
  const distinctOnes = distinct(phones, phoneKey);
  return distinctOnes.filter((phone) => {
    const others = distinctOnes.filter((other) => other !== phone);
    return phoneKey(phone)?.startsWith('tel:+') || isAmong(others, phone) === 'no';
  });
}

/** @throws AppError `validation_failed` when a phone has too few digits to tell people apart */
function requirePhones(phones: string[]): void {
  const details = phones.flatMap((phone, index) =>
    phoneKey(phone)
      ? []
      : [{ field: `phones.${index}`, message: 'each of phones must be a phone number' }],
  );
  if (details.length > 0) throw AppError.validation(details);
}
