import { Injectable } from '@nestjs/common';

/** Whether this process still takes work; the stop switches it off first. */
@Injectable()
export class Readiness {
  private stopping = false;

  get draining(): boolean {
    return this.stopping;
  }

  drain(): void {
    this.stopping = true;
  }
}
