import { Injectable } from '@nestjs/common';

type Lookup = (shopId: string, userId: string) => readonly string[];

/** Which conversations people look at. Who knows that is above us, and says so when it starts. */
@Injectable()
export class OpenConversations {
  private lookup: Lookup = () => [];

  register(lookup: Lookup): void {
    this.lookup = lookup;
  }

  isOpen(shopId: string, userId: string, conversationId: string): boolean {
    return this.lookup(shopId, userId).includes(conversationId);
  }
}
