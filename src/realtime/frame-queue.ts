import { RateWindow, WINDOW_SECONDS } from './rate-window.js';

/** All shops of a person may be joined in one go: a hundred. */
const MAX_WAITING = 128;
const MAX_FRAMES_IN_WINDOW = 300;

const TOO_MANY_WAITING = `More than ${MAX_WAITING} frames wait: await answers before you send more.`;
const TOO_MANY_FRAMES = `More than ${MAX_FRAMES_IN_WINDOW} frames in ${WINDOW_SECONDS} seconds: send fewer.`;

/** Must not fail. */
type Handle = () => Promise<void>;

/**
 * The frames of one socket, handled one after another: however many a client sends, it occupies the
 * database with one at a time, and memory with a few. Who sends too many is refused for good.
 */
export class FrameQueue {
  private readonly waiting: Handle[] = [];
  private isHandling = false;
  private hasEnded = false;
  private readonly rate = new RateWindow(MAX_FRAMES_IN_WINDOW);

  /** @param refuse hears once why the socket must be closed */
  constructor(
    private readonly limitsRate: boolean,
    private readonly refuse: (reason: string) => void,
  ) {}

  /** What has to be done before the first frame. */
  begin(handle: Handle): void {
    this.add(handle);
  }

  push(handle: Handle): void {
    if (this.hasEnded) return;
    const reason = this.reasonToRefuse();
    if (reason) {
      this.end();
      return this.refuse(reason);
    }
    this.add(handle);
  }

  private add(handle: Handle): void {
    this.waiting.push(handle);
    if (!this.isHandling) void this.handleAll();
  }

  /** Forgets what waits, and takes no more. */
  end(): void {
    this.hasEnded = true;
    this.waiting.length = 0;
  }

  private reasonToRefuse(): string | undefined {
    if (this.waiting.length === MAX_WAITING) return TOO_MANY_WAITING;
    return this.limitsRate && this.rate.isExceeded() ? TOO_MANY_FRAMES : undefined;
  }

  private async handleAll(): Promise<void> {
    this.isHandling = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await next();
    this.isHandling = false;
  }
}
