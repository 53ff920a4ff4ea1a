import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

describe('a metric', () => {
  it.each(['job', 'instance'])('may not have the label %s, which the scrape sets', (label) => {
    const described = { name: 'things', help: 'Things.', labels: [label] };
    const metrics = new Metrics();
    expect(() => metrics.counter(described)).toThrow(label);
    expect(() => metrics.histogram(described)).toThrow(label);
    expect(() => metrics.gauge(described, () => {})).toThrow(label);
  });
});
