import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { ShopsModule } from '../shops/shops.module.js';
import { IncomingFiles } from './incoming-files.service.js';
import { KeptFiles } from './kept-files.service.js';
import { MediaFile, MediaFileSchema } from './media-file.schema.js';
import { MediaFilesController } from './media-files.controller.js';
import { MediaIntake } from './media-intake.service.js';
import { MediaLinks } from './media-links.service.js';
import { MediaRoom } from './media-room.service.js';
import { MediaSweepService } from './media-sweep.service.js';
import { MediaUploads } from './media-uploads.service.js';
import { MediaController } from './media.controller.js';
import { MediaService } from './media.service.js';
import { ServedFiles } from './served-files.service.js';
import { StoredTotal, StoredTotalSchema } from './stored-total.schema.js';
import { DiskStorage } from './storage/disk.storage.js';
import { S3Storage } from './storage/s3.storage.js';
import { MediaStorage } from './storage/storage.js';

@Module({
  imports: [
    ShopsModule,
    MongooseModule.forFeature([
      { name: MediaFile.name, schema: MediaFileSchema },
      { name: StoredTotal.name, schema: StoredTotalSchema },
    ]),
  ],
  controllers: [MediaController, MediaFilesController],
  providers: [
    {
      provide: MediaStorage,
      inject: [AppConfig],
      useFactory: ({ s3, dataDirectory }: AppConfig): MediaStorage =>
        s3 ? new S3Storage(s3) : new DiskStorage(join(dataDirectory, 'media', 'files')),
    },
    IncomingFiles,
    MediaIntake,
    MediaLinks,
    MediaRoom,
    MediaService,
    KeptFiles,
    MediaUploads,
    ServedFiles,
    MediaSweepService,
  ],
  exports: [KeptFiles, MediaLinks, MediaUploads],
})
export class MediaModule {}
