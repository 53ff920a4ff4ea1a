import { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { listDataUrls, replaceDataUrls } from '../platform/files/data-url-values.js';
import {
  FileKeeper,
  type FileKeeping,
  type FileOwner,
  type KeptPicture,
  type KeptText,
} from '../platform/files/file-keeper.js';
import { AppError } from '../platform/http/app-error.js';
import { isDataUrl } from '../platform/http/picture-input.decorator.js';
import { bytesOfDataUrl } from './data-urls.js';
import { type FileKind, kindOf } from './file-kinds.js';
import { IncomingFiles, type ReceivedFile } from './incoming-files.service.js';
import type { MediaFile } from './media-file.schema.js';
import { MediaLinks } from './media-links.service.js';
import type { MediaOwner } from './media-owner.js';
import { fileOfUrl, nameOf, pathOf, publicPrefix } from './media-paths.js';
import { MediaService } from './media.service.js';

/** Who sends a private file along: a member of the shop, or a customer in their own matter. */
export interface Sender {
  shopId: string;
  /** The customer's own order or conversation, such as `order:<id>`: no other's files. */
  subject?: string;
}

/** What was sent along, as it is written: the address of a private file is not signed there. */
export interface KeptAttachment {
  url: string;
  fileId: string | null;
  /** Null for what is not of ours. */
  kind: FileKind | null;
  /** SHA-256 of what was sent, in hex; null for what is not of ours. */
  sourceDigest: string | null;
}

/** That are stored for one text. */
const MAX_NEW_PICTURES = 30;
const PICTURES: FileKind[] = ['image', 'gif'];

/** Puts stored files in the place of data URLs, and holds those that are named already. */
@Injectable()
export class KeptFiles implements FileKeeping, OnModuleInit {
  constructor(
    private readonly media: MediaService,
    private readonly incoming: IncomingFiles,
    private readonly links: MediaLinks,
    private readonly keeper: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.keeper.register(this);
  }

  async keepPicture(url: string, owner: FileOwner, field: string): Promise<KeptPicture> {
    const publicly = ownerOf(owner);
    if (isDataUrl(url)) {
      const file = await this.storeDataUrl(url, publicly, field);
      return { url: this.urlOf(file), fileId: file._id.toHexString() };
    }
    const named = fileOfUrl(url, this.links.base);
    if (!named) return { url, fileId: null };
    if (named.visibility === 'private') throw gone(field);
    const [known] = await this.media.claimAll([named.fileId], publicly);
    if (known) return { url, fileId: known };
    const [foreign] = await this.media.listPublic([named.fileId]);
    if (!foreign || !url.startsWith(this.prefixOf(foreign))) throw gone(field);
    requirePicture(kindOf(foreign.type), field);
    const copy = await this.copy(foreign, publicly, field);
    return { url: this.urlOf(copy), fileId: copy._id.toHexString() };
  }

  async keepPicturesIn(json: string, owner: FileOwner, field: string): Promise<KeptText> {
    const publicly = ownerOf(owner);
    const dataUrls = listDataUrls(json);
    const named = this.idsIn(json);
    const own = new Set(await this.media.claimAll(named, publicly));
    const others = await this.media.listPublic(named.filter((fileId) => !own.has(fileId)));
    const foreign = others.filter(
      (file) => PICTURES.includes(kindOf(file.type)) && json.includes(this.prefixOf(file)),
    );
    if (dataUrls.length + foreign.length > MAX_NEW_PICTURES) {
      const message = `${field} must hold at most ${MAX_NEW_PICTURES} new pictures at a time`;
      throw AppError.validation([{ field, message }]);
    }
    const urls = new Map<string, string>();
    for (const dataUrl of dataUrls) {
      const file = await this.storeDataUrl(dataUrl, publicly, field);
      urls.set(dataUrl, this.urlOf(file));
    }
    let kept = replaceDataUrls(json, (dataUrl) => urls.get(dataUrl) ?? dataUrl);
    for (const file of foreign) {
      const copy = await this.copy(file, publicly, field);
      // Its variants stand at addresses that begin the same.
      kept = kept.replaceAll(this.prefixOf(file), this.prefixOf(copy));
    }
    return { json: kept, fileIds: await this.media.claimAll(this.idsIn(kept), publicly) };
  }

  /**
   * A file that is sent along with a message, or as a proof.
   * @throws AppError `validation_failed` for what is not taken, or not the sender's to send
   */
  async keepAttachment(url: string, sender: Sender, field: string): Promise<KeptAttachment> {
    const privately = { ...sender, visibility: 'private' } as const;
    if (isDataUrl(url)) return this.attachmentOf(await this.storeDataUrl(url, privately, field));
    const named = fileOfUrl(url, this.links.base);
    if (!named) return { url, fileId: null, kind: null, sourceDigest: null };
    const { shopId, subject } = sender;
    const isTheirs = { shopId, ...(subject ? { subject } : {}) };
    const file = await this.media.claim(named.fileId, isTheirs);
    if (file) return this.attachmentOf(file);
    const isAddress =
      named.visibility === 'public' && (await this.media.listPublic([named.fileId])).length > 0;
    if (isAddress) return { url, fileId: null, kind: null, sourceDigest: null };
    throw gone(field);
  }

  /** Not signed. */
  urlOf(file: MediaFile): string {
    const named = { visibility: file.visibility, fileId: file._id.toHexString() };
    return this.links.base + pathOf(named, nameOf(file.digest, file.type));
  }

  /** Who knows only the id of a file does not know its address. */
  private prefixOf({ _id, digest }: MediaFile): string {
    return this.links.base + publicPrefix(_id.toHexString(), digest);
  }

  private attachmentOf(file: MediaFile): KeptAttachment {
    return {
      url: this.urlOf(file),
      fileId: file._id.toHexString(),
      kind: kindOf(file.type),
      sourceDigest: file.sameAs?.split(':').at(-1) ?? null,
    };
  }

  private async storeDataUrl(url: string, owner: MediaOwner, field: string): Promise<MediaFile> {
    const bytes = bytesOfDataUrl(url, field);
    const received = await this.incoming.receive(Readable.from([bytes]), '', field);
    return this.storeReceived(received, owner, field);
  }

  /** Another owner may take away what is theirs at any time: what names a file has its own. */
  private async copy(file: MediaFile, owner: MediaOwner, field: string): Promise<MediaFile> {
    const known = await this.media.claimCopy(owner, file);
    if (known) return known;
    const content = await this.media.read(file);
    if (!content) throw gone(field);
    const received = await this.incoming.receive(content, file.name, field);
    return this.storeReceived(received, owner, field);
  }

  private async storeReceived(
    received: ReceivedFile,
    owner: MediaOwner,
    field: string,
  ): Promise<MediaFile> {
    try {
      if (owner.visibility === 'public') requirePicture(kindOf(received.type), field);
      return await this.media.store(owner, received, field);
    } finally {
      await this.incoming.discard([received.path]);
    }
  }

  private idsIn(json: string): string[] {
    const ids = new Set<string>();
    const mark = `${this.links.base}/media/`;
    for (let at = json.indexOf(mark); at !== -1; at = json.indexOf(mark, at + mark.length)) {
      const id = json.slice(at + mark.length, at + mark.length + 24);
      if (/^[0-9a-f]{24}$/.test(id)) ids.add(id);
    }
    return [...ids];
  }
}

function ownerOf(owner: FileOwner): MediaOwner {
  if ('shopId' in owner) return { shopId: owner.shopId, visibility: 'public' };
  return { shopId: null, personId: owner.personId, visibility: 'public' };
}

function requirePicture(kind: FileKind, field: string): void {
  if (PICTURES.includes(kind)) return;
  const message = `${field} must be a JPEG, PNG, WebP or GIF picture`;
  throw AppError.validation([{ field, message }]);
}

function gone(field: string): AppError {
  const message = `${field} names a file that is not there any more, or not yours: upload it again`;
  return AppError.validation([{ field, message }]);
}
