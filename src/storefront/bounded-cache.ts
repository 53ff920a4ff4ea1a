/** Remembers texts up to a total length; what was used longest ago goes first. */
export class BoundedCache<Value extends { text: string }> {
  /** In order of use: a Map keeps the order of insertion. */
  private readonly entries = new Map<string, Value>();
  private characters = 0;

  constructor(private readonly maxCharacters: number) {}

  get(key: string): Value | undefined {
    const value = this.entries.get(key);
    if (value) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    this.entries.set(key, value);
    this.characters += sizeOf(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.characters <= this.maxCharacters) return;
      this.delete(oldest);
    }
  }

  /** What is remembered at this moment. */
  size(): { entries: number; characters: number } {
    return { entries: this.entries.size, characters: this.characters };
  }

  private delete(key: string): void {
    const value = this.entries.get(key);
    if (!value) return;
    this.entries.delete(key);
    this.characters -= sizeOf(key, value);
  }
}

/** A key counts as well: many small answers are bounded like few large ones. */
function sizeOf(key: string, { text }: { text: string }): number {
  return key.length + text.length;
}
