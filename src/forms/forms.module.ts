import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { FormVersion, FormVersionSchema } from './form-version.schema.js';
import { FormVersionsService } from './form-versions.service.js';
import { Form, FormSchema } from './form.schema.js';
import { FormsController } from './forms.controller.js';
import { FormsService } from './forms.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: Form.name, schema: FormSchema },
      { name: FormVersion.name, schema: FormVersionSchema },
    ]),
  ],
  controllers: [FormsController],
  providers: [FormsService, FormVersionsService],
  exports: [FormsService],
})
export class FormsModule {}
