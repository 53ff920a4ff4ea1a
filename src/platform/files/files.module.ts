import { Global, Module } from '@nestjs/common';
import { FileKeeper } from './file-keeper.js';

/** The port between the domains and the module that keeps files. */
@Global()
@Module({ providers: [FileKeeper], exports: [FileKeeper] })
export class FilesModule {}
