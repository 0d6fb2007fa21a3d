/** A reader of Prometheus' text exposition 0.0.4, written from its specification, to test what is exposed. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExposedMetric {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ExposedSample[];
}

/** By metric name; a histogram's `_bucket`, `_sum` and `_count` lines stand under it. Throws on any line out of form. */
export function parseExposition(text: string): Map<string, ExposedMetric> {
  const metrics = new Map<string, { type: string; help: string; samples: ExposedSample[] }>();
  let current = { type: '', help: '', samples: [] as ExposedSample[] };
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/s.exec(line) ?? [];
    if (word === 'HELP') {
      if (metrics.has(name)) throw new Error(`${name} is told twice`);
      current = { type: '', help: rest, samples: [] };
      metrics.set(name, current);
    } else if (word === 'TYPE') {
      current.type = rest;
    } else {
      current.samples.push(parseSample(line));
    }
  }
  return metrics;
}

function parseSample(line: string): ExposedSample {
  const [, name = '', labelText = '', value = ''] =
    /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  if (name === '') throw new Error(`not a sample: ${line}`);
  const number = value === '+Inf' ? Infinity : Number(value);
  if (Number.isNaN(number)) throw new Error(`not a number: ${line}`);
  return { name, labels: parseLabels(labelText), value: number };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [all, name = '', value = ''] =
      /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/s.exec(rest) ?? [];
    if (all === undefined) throw new Error(`not labels: ${text}`);
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value.replace(/\\(.)/gs, (_all, char: string) => (char === 'n' ? '\n' : char));
    rest = rest.slice(all.length);
  }
  return labels;
}
