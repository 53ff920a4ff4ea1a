import { ApiProperty } from '@nestjs/swagger';
import { FILE_TYPES, type FileType } from '../file-kinds.js';
import type { MediaFile } from '../media-file.schema.js';
import { thumbnailOf, VISIBILITIES, type Visibility } from '../media-paths.js';

/** A file that was stored. */
export class MediaResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0041' })
  id: string;

  @ApiProperty({
    description:
      'Where it is served. That of a public file is for ever; that of a private one lives for ' +
      'minutes, and what names the file is read again for a new one. Write it as it is into what ' +
      'shall show the file: within a day, or the file is removed.',
    example:
      'https://api.example.com/media/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg',
  })
  url: string;

  @ApiProperty({
    description: 'A small WebP picture for lists; `url` for what is no public picture.',
    example:
      'https://api.example.com/media/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b-240.webp',
  })
  thumbnailUrl: string;

  @ApiProperty({ enum: VISIBILITIES, example: 'public' })
  visibility: Visibility;

  @ApiProperty({ enum: Object.keys(FILE_TYPES), example: 'image/jpeg' })
  type: FileType;

  @ApiProperty({ description: 'Bytes, as it is stored.', type: 'integer', example: 181234 })
  size: number;

  @ApiProperty({
    description: 'Pixels; null: no picture.',
    type: 'integer',
    nullable: true,
    example: 1600,
  })
  width: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 1200 })
  height: number | null;

  @ApiProperty({ description: 'As it was sent.', example: 'beans.jpg' })
  name: string;

  /** @param url signed, where it must be */
  static from(file: MediaFile, url: string): MediaResponse {
    return {
      id: file._id.toHexString(),
      url,
      thumbnailUrl: thumbnailOf(url),
      visibility: file.visibility,
      type: file.type,
      size: file.size,
      width: file.width,
      height: file.height,
      name: file.name,
    };
  }
}
