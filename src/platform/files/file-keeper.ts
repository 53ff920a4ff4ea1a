import { Injectable } from '@nestjs/common';

/** Whose a public file is: a shop's, or a person's own. */
export type FileOwner = { shopId: string } | { personId: string };

/** An address as it is written into a document, and the id of the file of ours behind it, if it is one. */
export interface KeptPicture {
  url: string;
  fileId: string | null;
}

export interface KeptText {
  json: string;
  fileIds: string[];
}

export interface FileKeeping {
  /** @param field as the caller has named it, for the sentence of a refusal */
  keepPicture(url: string, owner: FileOwner, field: string): Promise<KeptPicture>;
  keepPicturesIn(json: string, owner: FileOwner, field: string): Promise<KeptText>;
}

/** Which of `fileIds` a domain's documents name. */
export type ReferenceFinder = (fileIds: string[]) => Promise<string[]>;

/**
 * The port through which every domain has its files kept, also those below the module that keeps them:
 * that one registers itself here, and each domain how its references are found.
 */
@Injectable()
export class FileKeeper implements FileKeeping {
  private readonly finders: ReferenceFinder[] = [];
  private keeping?: FileKeeping;

  register(keeping: FileKeeping): void {
    this.keeping = keeping;
  }

  addReferences(finder: ReferenceFinder): void {
    this.finders.push(finder);
  }

  /**
   * Stores a picture that is written out as a data URL, and holds one that is stored already: it is
   * not removed before the caller has written. Any other address stays as it is.
   * @throws AppError `validation_failed` for what is no picture, or a file that is gone
   */
  keepPicture(url: string, owner: FileOwner, field: string): Promise<KeptPicture> {
    return this.kept.keepPicture(url, owner, field);
  }

  /** The same for every picture in a JSON text. */
  keepPicturesIn(json: string, owner: FileOwner, field: string): Promise<KeptText> {
    return this.kept.keepPicturesIn(json, owner, field);
  }

  /** Those of `fileIds` that any document names. */
  async listReferenced(fileIds: string[]): Promise<Set<string>> {
    const found = await Promise.all(this.finders.map((find) => find(fileIds)));
    return new Set(found.flat());
  }

  private get kept(): FileKeeping {
    if (!this.keeping) throw new Error('no module has registered itself to keep files');
    return this.keeping;
  }
}
