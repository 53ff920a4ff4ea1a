import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { MediaLinks, type WithAttachment } from './media-links.service.js';

/** A message, or a conversation with its messages. */
interface Sent extends WithAttachment {
  message?: WithAttachment;
  messages?: WithAttachment[];
}

/** Signs the addresses of files anew, in an answer that may have been remembered for hours. */
@Injectable()
export class FreshLinksInterceptor implements NestInterceptor {
  constructor(private readonly links: MediaLinks) {}

  intercept(_: ExecutionContext, next: CallHandler<Sent>): Observable<Sent> {
    return next.handle().pipe(
      map((sent) => ({
        ...this.links.signAttachment(sent),
        ...(sent.message ? { message: this.links.signAttachment(sent.message) } : {}),
        ...(sent.messages
          ? { messages: sent.messages.map((one) => this.links.signAttachment(one)) }
          : {}),
      })),
    );
  }
}

/** Stands below `@Idempotent()`, so that also what is given again has addresses that work. */
export function FreshLinks(): MethodDecorator {
  return applyDecorators(UseInterceptors(FreshLinksInterceptor));
}
