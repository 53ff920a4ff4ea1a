import type { Schema } from 'mongoose';
import type { MediaLinks } from '../media/media-links.service.js';
import type { Message } from './message.schema.js';

/**
 * Signs the address of a message's file whenever the message is read: every way out, by REST, at a
 * socket or in an export, has one that works, and none is ever stored. Not for cursors, at which
 * Mongoose calls no hook.
 */
export function signsAttachments<S extends Schema>(schema: S, links: MediaLinks): S {
  const sign = (message: Message | null): void => {
    // Not every read asks for the address.
    const attachment = message?.attachment;
    if (attachment?.url) attachment.url = links.sign(attachment.url);
  };
  schema.post('find', (messages: Message[]) => messages.forEach(sign));
  schema.post('findOne', sign);
  return schema;
}
