import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: an indexed read at its fastest, up to the longest time-out. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Description<Label extends string> {
  /** Snake case, in base units, as Prometheus names metrics; `cliick_` is put before it. */
  name: string;
  help: string;
  /** Each with few values: never an id, an address or anything that a client writes. */
  labels?: readonly Label[];
}

/** Prometheus names what it scrapes by these, and renames a metric's own of that name. */
const LABELS_OF_THE_SCRAPE = ['job', 'instance'];

/** The metrics of this process: each part that has some makes them here, and `/metrics` shows all. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string = never>(description: Description<Label>): Counter<Label> {
    return new Counter(this.described(description));
  }

  /** Of durations, in seconds. */
  histogram<Label extends string = never>(description: Description<Label>): Histogram<Label> {
    return new Histogram({ ...this.described(description), buckets: SECONDS });
  }

  /** @param read asked at each scrape; one that fails leaves the metric without a value */
  gauge<Label extends string = never>(
    description: Description<Label>,
    read: (gauge: Gauge<Label>) => void | Promise<void>,
  ): void {
    new Gauge({
      ...this.described(description),
      async collect() {
        this.reset();
        await Promise.resolve(read(this)).catch(() => this.remove());
      },
    });
  }

  private described<Label extends string>({ name, help, labels = [] }: Description<Label>) {
    const taken = labels.find((label) => LABELS_OF_THE_SCRAPE.includes(label));
    if (taken) throw new Error(`the label ${taken} of ${name} is Prometheus's own`);
    return { name: `cliick_${name}`, help, labelNames: [...labels], registers: [this.registry] };
  }
}
