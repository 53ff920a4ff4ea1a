import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import type { DomainEventMap } from '../events/event-catalogue.js';
import { UsersService } from '../users/users.service.js';
import { mentionsIn } from './mentions.js';
import { TellingService } from './telling.service.js';
import { TOLD, type Told, type ToldEvent } from './told.js';

/** Has the table's events told to the people they concern. */
@Injectable()
export class NotificationsListener implements OnModuleInit {
  constructor(
    private readonly events: DomainEvents,
    private readonly telling: TellingService,
    private readonly users: UsersService,
  ) {}

  onModuleInit(): void {
    for (const name of Object.keys(TOLD) as ToldEvent[]) this.subscribe(name);
  }

  private subscribe<N extends ToldEvent>(name: N): void {
    const teller = TOLD[name] as (payload: DomainEventMap[N], mentions: string[]) => Told[];
    this.events.onDurably(name, async (payload) => {
      const mentioned = await this.mentionedBy(payload);
      await Promise.all(teller(payload, mentioned).map((told) => this.telling.tell(told)));
    });
  }

  /** Whom a note names, if it is one. */
  private async mentionedBy(payload: object): Promise<string[]> {
    const { message } = payload as Partial<DomainEventMap['message.created']>;
    const names = message?.isNote ? mentionsIn(message.text) : [];
    if (names.length === 0) return [];
    return (await this.users.listByUsernames(names)).map(({ _id }) => _id.toHexString());
  }
}
