import type { Readable } from 'node:stream';

/** Both ends belong to it. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A stored object that is about to be read; whoever does not read it closes it. */
export interface StoredObject {
  size: number;
  read(range?: ByteRange): Promise<Readable>;
  close(): Promise<void>;
}

/**
 * Where files are kept, by keys that we have made. Putting an object is all or nothing, and once it
 * returns the object outlives a crash; putting or deleting it once more changes nothing.
 */
export abstract class MediaStorage {
  /** @param path of a file whose content it is; it may be moved away */
  abstract put(key: string, path: string, type: string): Promise<void>;
  /** Null when there is no such object. */
  abstract open(key: string): Promise<StoredObject | null>;
  abstract delete(keys: string[]): Promise<void>;
}
