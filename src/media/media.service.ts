import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { IncomingFiles, type ReceivedFile } from './incoming-files.service.js';
import { MediaFile } from './media-file.schema.js';
import { MediaIntake, type PreparedFile } from './media-intake.service.js';
import { type MediaOwner, ownerFilter } from './media-owner.js';
import { keyOf, nameOf } from './media-paths.js';
import { MediaRoom } from './media-room.service.js';
import { MediaStorage } from './storage/storage.js';

/** So long a file is kept that nobody has named yet, and again one that is named no more. */
export const GRACE_MS = 24 * 60 * 60 * 1_000;

/**
 * Keeps files, under this order of steps, so that a process may die after any of them: a file is
 * named in the database before anything of it is stored, given out when all of it is, and not given
 * out any more before any of it is taken away.
 */
@Injectable()
export class MediaService {
  constructor(
    @InjectModel(MediaFile.name) private readonly files: Model<MediaFile>,
    private readonly storage: MediaStorage,
    private readonly intake: MediaIntake,
    private readonly incoming: IncomingFiles,
    private readonly room: MediaRoom,
  ) {}

  /**
   * Stores what was received; the same content of the same owner is one file.
   * @param field for the sentence of a refusal
   * @throws AppError `validation_failed` or `payload_too_large`
   */
  async store(owner: MediaOwner, received: ReceivedFile, field: string): Promise<MediaFile> {
    const sameAs = sameAsOf(owner, received.digest);
    const known = await this.claimSame(owner, sameAs);
    if (known?.state === 'stored') return known;
    await this.room.require(owner, received.size);
    const prepared = await this.intake.prepare(received, field);
    try {
      const file = known ?? (await this.create(owner, { sameAs, name: received.name, prepared }));
      return file.state === 'stored' ? file : await this.put(file, prepared);
    } finally {
      await this.incoming.discard(prepared.outputs.map(({ path }) => path));
    }
  }

  /**
   * A stored file, which stays for the time of a write to come.
   * @param condition what else must hold of it
   */
  async claim(fileId: string, condition: QueryFilter<MediaFile>): Promise<MediaFile | null> {
    return this.files
      .findOneAndUpdate({ _id: fileId, state: 'stored', ...condition }, claimed(), AFTER)
      .lean();
  }

  /** Claims those of `fileIds` that are there; the others are no files of that owner. */
  async claimAll(fileIds: string[], owner: MediaOwner): Promise<string[]> {
    if (fileIds.length === 0) return [];
    const { visibility } = owner;
    const isTheirs = { ...ownerFilter(owner), visibility, state: 'stored' as const };
    const condition = { _id: { $in: fileIds }, ...isTheirs };
    await this.files.updateMany(condition, claimed());
    const found = await this.files.find(condition, { _id: 1 }).limit(fileIds.length).lean();
    return found.map(({ _id }) => _id.toHexString());
  }

  /** Those of `fileIds` that are public, of anybody. */
  async listPublic(fileIds: string[]): Promise<MediaFile[]> {
    if (fileIds.length === 0) return [];
    return this.files
      .find({ _id: { $in: fileIds }, state: 'stored', visibility: 'public' })
      .setOptions({ acrossShops: true })
      .limit(fileIds.length)
      .lean();
  }

  /** The copy of another owner's public file that an owner has already: it is named by its source. */
  async claimCopy(owner: MediaOwner, { digest }: MediaFile): Promise<MediaFile | null> {
    // Of the source's digest the file's own is the beginning, in hex.
    const prefix = sameAsOf(owner, digest);
    const sameAs = { $gte: prefix, $lt: `${prefix}g` };
    const condition = { ...ownerFilter(owner), sameAs, state: 'stored' as const };
    return this.files.findOneAndUpdate(condition, claimed(), AFTER).lean();
  }

  /** The content of a stored file; null once it is gone. */
  async read({ _id, visibility, digest, type }: MediaFile): Promise<Readable | null> {
    const key = keyOf({ visibility, fileId: _id.toHexString() }, nameOf(digest, type));
    const object = await this.storage.open(key);
    return object && object.read();
  }

  /** A private file that is served by a signed address. @throws AppError `not_found` */
  async getPrivate(fileId: string): Promise<MediaFile> {
    const file = await this.files
      .findOne({ _id: fileId, state: 'stored', visibility: 'private' })
      .setOptions({ acrossShops: true })
      .lean();
    if (!file) throw AppError.notFound('file');
    return file;
  }

  private async claimSame(owner: MediaOwner, sameAs: string): Promise<MediaFile | null> {
    return this.files.findOneAndUpdate({ ...ownerFilter(owner), sameAs }, claimed(), AFTER).lean();
  }

  private async create(
    owner: MediaOwner,
    { sameAs, name, prepared }: { sameAs: string; name: string; prepared: PreparedFile },
  ): Promise<MediaFile> {
    const { outputs: _, ...described } = prepared;
    const { subject = null, visibility } = owner;
    await this.room.take(owner, prepared.storedBytes);
    try {
      const created = await this.files.create({
        ...ownerFilter(owner),
        ...described,
        subject,
        visibility,
        sameAs,
        name,
        state: 'storing',
        checkAt: inGrace(),
      });
      return created.toObject();
    } catch (error) {
      // Another request sends the same at this moment: both put the same under the same keys.
      const known = isDuplicateKey(error) ? await this.claimSame(owner, sameAs) : null;
      if (!known) throw error;
      return known;
    }
  }

  private async put(file: MediaFile, { outputs, variants }: PreparedFile): Promise<MediaFile> {
    const named = { visibility: file.visibility, fileId: file._id.toHexString() };
    const sides = [undefined, ...variants];
    for (const [index, { path, type }] of outputs.entries()) {
      const name = nameOf(file.digest, file.type, sides[index]);
      await this.storage.put(keyOf(named, name), path, type);
    }
    const { _id, shopId } = file;
    const stored = await this.files
      .findOneAndUpdate(
        { _id, shopId, state: { $in: ['storing', 'stored'] } },
        { $set: { state: 'stored', checkAt: inGrace() }, $inc: { claims: 1 } },
        AFTER,
      )
      .lean();
    if (stored) return stored;
    throw AppError.conflict('conflict', 'This file took too long to be stored: send it again.');
  }
}

/** What makes two files of an owner one: the SHA-256 of what was sent. */
function sameAsOf({ visibility, subject }: MediaOwner, sourceDigest: string): string {
  return [visibility, subject ?? '', sourceDigest].join(':');
}

const AFTER = { returnDocument: 'after' } as const;

function inGrace(): Date {
  return new Date(Date.now() + GRACE_MS);
}

function claimed() {
  return { $set: { checkAt: inGrace() }, $unset: { unnamedAt: '' }, $inc: { claims: 1 } };
}
