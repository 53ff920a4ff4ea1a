/** A set that keeps the newest of what was added, and forgets the rest. */
export class RecentSet {
  private readonly keys = new Set<string>();

  constructor(private readonly max: number) {}

  add(key: string): void {
    this.keys.add(key);
    if (this.keys.size <= this.max) return;
    const [oldest] = this.keys;
    this.keys.delete(oldest!);
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }
}
