import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { FormVersion } from './form-version.schema.js';
import type { Form } from './form.schema.js';

/** What forms asked before: kept for as long as the shop, as orders show their answers with it. */
@Injectable()
export class FormVersionsService {
  constructor(@InjectModel(FormVersion.name) private readonly versions: Model<FormVersion>) {}

  /**
   * Keeps what `form` asks now, before something else takes its place. What a form asks in one
   * version never changes: kept again, after a crash or by another at the same time, it is the same.
   */
  async keep({ shopId, _id: formId, version, name, fields }: Form): Promise<void> {
    try {
      await this.versions.create({ shopId, formId, version, name, fields });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async find(shopId: string, formId: string, version: number): Promise<FormVersion | null> {
    return this.versions.findOne({ shopId, formId, version }).lean();
  }
}
