import { FILE_TYPES, type FileType } from './file-kinds.js';

export const VISIBILITIES = ['public', 'private'] as const;
/** Public: for everybody who has the address. Private: by a signed address alone. */
export type Visibility = (typeof VISIBILITIES)[number];

/** Longest side of the WebP variants for lists, in pixels. */
export const VARIANT_SIDES = [640, 240] as const;
const THUMBNAIL_SIDE = 240;
/** Of the content's SHA-256, in hex: an address never shows another content. */
export const DIGEST_CHARACTERS = 32;

const ID = '[0-9a-f]{24}';
const NAME = `[0-9a-f]{${DIGEST_CHARACTERS}}(?:-(?:${VARIANT_SIDES.join('|')}))?\\.[a-z0-9]{3,4}`;
const FILE_ID = new RegExp(`^${ID}$`);
const FILE_NAME = new RegExp(`^${NAME}$`);
const KEY = new RegExp(`^(?:public|private)/${ID}/${NAME}$`);
const STORED_PICTURE = new RegExp(
  `/media/${ID}/[0-9a-f]{${DIGEST_CHARACTERS}}\\.(?:jpg|png|webp|gif)$`,
);
const PATH = new RegExp(`^/media(/private)?/(${ID})/(${NAME})$`);

interface Named {
  visibility: Visibility;
  fileId: string;
}

export function nameOf(digest: string, type: FileType, side?: number): string {
  return side ? `${digest}-${side}.webp` : `${digest}.${FILE_TYPES[type].extension}`;
}

/** Where the storage keeps it. */
export function keyOf({ visibility, fileId }: Named, name: string): string {
  return `${visibility}/${fileId}/${name}`;
}

export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** What a path names, checked to the letter; undefined for anything else. */
export function keyOfRequest(named: Named, name: string): string | undefined {
  return FILE_ID.test(named.fileId) && FILE_NAME.test(name) ? keyOf(named, name) : undefined;
}

/** How every address of a public file begins, that of each variant too. */
export function publicPrefix(fileId: string, digest: string): string {
  return `/media/${fileId}/${digest}`;
}

export function pathOf({ visibility, fileId }: Named, name: string): string {
  return `/media${visibility === 'private' ? '/private' : ''}/${fileId}/${name}`;
}

/** The file that an address of ours names; undefined for any other, and for a broken one. */
export function fileOfUrl(url: string, base: string): Named | undefined {
  if (!url.startsWith(`${base}/media/`)) return undefined;
  const [path = ''] = url.slice(base.length).split('?');
  const [, isPrivate, fileId] = PATH.exec(path) ?? [];
  return fileId ? { visibility: isPrivate ? 'private' : 'public', fileId } : undefined;
}

/** The smallest variant of a stored picture, by its address; any other address stays as it is. */
export function thumbnailOf(url: string): string {
  if (!STORED_PICTURE.test(url)) return url;
  return url.replace(/\.[a-z]+$/, `-${THUMBNAIL_SIDE}.webp`);
}
