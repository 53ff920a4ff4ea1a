import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { MediaLinks } from './media-links.service.js';

interface WithAttachment {
  attachment?: { url: string } | null;
}

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
        ...this.signed(sent),
        ...(sent.message ? { message: this.signed(sent.message) } : {}),
        ...(sent.messages ? { messages: sent.messages.map((one) => this.signed(one)) } : {}),
      })),
    );
  }

  private signed<T extends WithAttachment>(message: T): T {
    const { attachment } = message;
    if (!attachment) return message;
    return { ...message, attachment: { ...attachment, url: this.links.sign(attachment.url) } };
  }
}

/** Stands below `@Idempotent()`, so that also what is given again has addresses that work. */
export function FreshLinks(): MethodDecorator {
  return applyDecorators(UseInterceptors(FreshLinksInterceptor));
}
