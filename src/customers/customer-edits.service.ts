import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { emailKey, keysOf, phoneKey } from './customer-keys.js';
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
    const keys = requireKeys({ phones, emails });
    await this.requireFree(shopId, keys);
    try {
      const created = await this.model.create({
        shopId: new Types.ObjectId(shopId),
        ...given,
        keys,
        searchWords: searchWordsOf([given.name, ...emails], phones),
      });
      return created.toObject();
    } catch (error) {
      if (isDuplicateKey(error, 'keys')) await this.requireFree(shopId, keys);
      throw error;
    }
  }

  /** Changes what is given, in one step. */
  async update(shopId: string, customerId: string, dto: UpdateCustomerDto): Promise<Customer> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const current = await this.customers.getActive(shopId, customerId);
      const updated = await this.tryUpdate(shopId, current, dto);
      if (updated) return updated;
    }
    throw AppError.conflict('conflict', 'Others change this customer at this moment: try again.');
  }

  /** Null when somebody else was faster. */
  private async tryUpdate(
    shopId: string,
    current: Customer,
    dto: UpdateCustomerDto,
  ): Promise<Customer | null> {
    const given = profileOf(dto);
    const { name, phones, emails } = { ...current, ...given };
    const keys = requireKeys({ phones, emails });
    await this.requireFree(
      shopId,
      keys.filter((key) => !current.keys.includes(key)),
    );
    const searchWords = searchWordsOf([name, ...emails], phones);
    const read = { name: current.name, phones: current.phones, emails: current.emails };
    try {
      return await this.model
        .findOneAndUpdate(
          // What the keys and words are made of must still be so.
          { shopId, _id: current._id, state: 'active', ...read },
          { $set: { ...given, keys, searchWords } },
          { returnDocument: 'after' },
        )
        .lean();
    } catch (error) {
      if (isDuplicateKey(error, 'keys')) return null;
      throw error;
    }
  }

  private async requireFree(shopId: string, keys: string[]): Promise<void> {
    const [holder] = keys.length > 0 ? await this.customers.listHolders(shopId, keys) : [];
    if (!holder) return;
    const customerId = (holder.mergedInto ?? holder._id).toHexString();
    throw new AppError(
      'conflict',
      'Another customer has one of these phones or e-mails: change that one, or merge the two.',
      { data: { customerId } },
    );
  }
}

/** What is given, as it is kept; a phone or e-mail written twice counts once. */
function profileOf(dto: UpdateCustomerDto): Partial<Profile> {
  const { name, phones, emails, address, notes, tags } = dto;
  return {
    ...(name ? { name: name.trim() } : {}),
    ...(phones ? { phones: distinct(phones, phoneKey) } : {}),
    ...(emails ? { emails: distinct(emails, emailKey) } : {}),
    ...((address ?? undefined) === undefined ? {} : { address: address?.trim() }),
    ...((notes ?? undefined) === undefined ? {} : { notes }),
    ...(tags ? { tags: [...new Set(tags.map((tag) => tag.trim()))] } : {}),
  };
}

function distinct(texts: string[], keyOf: (text: string) => string | undefined): string[] {
  return [...new Map(texts.map((text) => [keyOf(text) ?? text, text.trim()])).values()];
}

/** @throws AppError `validation_failed` when a phone has too few digits to tell people apart */
function requireKeys(profile: Pick<Profile, 'phones' | 'emails'>): string[] {
  const details = profile.phones.flatMap((phone, index) =>
    phoneKey(phone)
      ? []
      : [{ field: `phones.${index}`, message: 'each of phones must be a phone number' }],
  );
  if (details.length > 0) throw AppError.validation(details);
  return keysOf(profile);
}
