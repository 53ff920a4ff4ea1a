import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { Flights } from '../platform/database/flights.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { CreateFormDto } from './dto/create-form.dto.js';
import type { ListFormsQuery } from './dto/list-forms.query.js';
import type { UpdateFormDto } from './dto/update-form.dto.js';
import { requireFields } from './form-fields.js';
import type { FormRemoval } from './form-removal.js';
import type { FormVersion } from './form-version.schema.js';
import { FormVersionsService } from './form-versions.service.js';
import { Form, type FormField } from './form.schema.js';

/** Whether something of the shop still needs the form. */
export type FormUse = (shopId: string, formId: string) => Promise<boolean>;

type FormChanges = Partial<Pick<Form, 'name' | 'published' | 'archived' | 'fields' | 'version'>>;

const ATTEMPTS = 10;
const MAX_NAME_CHARACTERS = 200;
const COPY = ' (copy)';

@Injectable()
export class FormsService {
  private readonly uses: FormUse[] = [];
  private readonly published = new Flights<Form>();

  constructor(
    @InjectModel(Form.name) private readonly forms: Model<Form>,
    private readonly versions: FormVersionsService,
  ) {}

  /** Who keeps what belongs to forms says here which of them it needs: `remove` asks. */
  registerUse(use: FormUse): void {
    this.uses.push(use);
  }

  async create(shopId: string, { name, fields, published }: CreateFormDto): Promise<Form> {
    const form = await this.forms.create({
      shopId: new Types.ObjectId(shopId),
      name,
      fields: requireFields(fields),
      published: published ?? true,
    });
    return form.toObject();
  }

  /** Oldest first; those that were put away only when asked for. */
  async list(
    shopId: string,
    { limit, cursor, published, archived }: ListFormsQuery,
  ): Promise<Page<Form>> {
    const after = cursor ? { _id: { $gt: decodeCursor(cursor).id } } : {};
    const wanted = {
      archived: archived ?? false,
      ...(published === undefined ? {} : { published }),
    };
    const rows = await this.forms
      .find({ shopId, ...wanted, ...after })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean();
    return Page.of(rows, limit, ({ _id }) => ({ at: 0, id: _id.toHexString() }));
  }

  async get(shopId: string, formId: string): Promise<Form> {
    const form = await this.forms.findOne({ shopId, _id: formId }).lean();
    if (!form) throw AppError.notFound('form');
    return form;
  }

  /** As `get`, but to order by it. @throws AppError `conflict` when it was put away */
  async getInUse(shopId: string, formId: string): Promise<Form> {
    const form = await this.get(shopId, formId);
    if (!form.archived) return form;
    throw AppError.conflict('conflict', 'This form is archived: take it out of the archive first.');
  }

  /** As `get`, but for customers: a form that is not published does not exist for them. */
  async getPublished(shopId: string, formId: string): Promise<Form> {
    // A rush of customers reads the form once.
    const form = await this.published.share(`${shopId} ${formId}`, () => this.get(shopId, formId));
    if (!form.published) throw AppError.notFound('form');
    return form;
  }

  /** What the form asked in `version`, also when it asks something else now, or is deleted. */
  async getVersion(
    shopId: string,
    formId: string,
    version: number,
  ): Promise<Omit<FormVersion, 'shopId'>> {
    const form = await this.forms.findOne({ shopId, _id: formId }).lean();
    if (form?.version === version) return { ...form, formId: form._id };
    const kept = await this.versions.find(shopId, formId, version);
    if (!kept) throw AppError.notFound('version of this form');
    return kept;
  }

  /** Changes what is given; other questions make the next version. */
  async update(shopId: string, formId: string, dto: UpdateFormDto): Promise<Form> {
    const fields = dto.fields && requireFields(dto.fields);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const form = await this.get(shopId, formId);
      const changed = await this.tryUpdate(form, changesOf(form, dto, fields));
      if (changed) return changed;
    }
    throw AppError.conflict('conflict', 'Others change this form at this moment: try again.');
  }

  /** A draft of its own with the same questions. */
  async duplicate(shopId: string, formId: string): Promise<Form> {
    const { name, fields } = await this.get(shopId, formId);
    const form = await this.forms.create({
      shopId: new Types.ObjectId(shopId),
      name: `${name.slice(0, MAX_NAME_CHARACTERS - COPY.length)}${COPY}`,
      fields,
      published: false,
    });
    return form.toObject();
  }

  /**
   * Deletes the form, or leaves it archived when something needs it. It is archived first in any
   * case: no order begins while it is asked who needs it, and after a crash it can be done again.
   */
  async remove(shopId: string, formId: string): Promise<FormRemoval> {
    const form = await this.update(shopId, formId, { archived: true });
    const answers = await Promise.all(this.uses.map((isUsed) => isUsed(shopId, formId)));
    if (answers.includes(true)) return 'archived';
    await this.versions.keep(form);
    const { deletedCount } = await this.forms.deleteOne({
      shopId,
      _id: formId,
      archived: true,
      version: form.version,
    });
    if (deletedCount === 1) return 'deleted';
    await this.get(shopId, formId);
    throw AppError.conflict('conflict', 'Others change this form at this moment: try again.');
  }

  /** Null when somebody else was faster. */
  private async tryUpdate(form: Form, changes: FormChanges): Promise<Form | null> {
    if (changes.version !== undefined) await this.versions.keep(form);
    const { shopId, _id, version, archived } = form;
    return this.forms
      .findOneAndUpdate(
        { shopId, _id, version, archived },
        { $set: changes },
        { returnDocument: 'after' },
      )
      .lean();
  }
}

/** @throws AppError `conflict` for what is to be archived and open to customers at once */
function changesOf(form: Form, dto: UpdateFormDto, fields: FormField[] | undefined): FormChanges {
  const archived = dto.archived ?? form.archived;
  const published = dto.published ?? (form.published && !archived);
  if (archived && published) {
    throw AppError.conflict('conflict', 'This form is archived: set archived to false as well.');
  }
  const isChanged = fields && !isDeepStrictEqual(fields, form.fields);
  return {
    ...(dto.name === undefined || dto.name === null ? {} : { name: dto.name }),
    published,
    archived,
    ...(isChanged ? { fields, version: form.version + 1 } : {}),
  };
}
