import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { register, type MetricObject } from 'prom-client';
import { parse } from 'yaml';
import { BacklogMetrics } from './backlog-metrics';
import { startMetrics } from './metrics';

const root = join(__dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook: string };
}
interface Panel {
  title: string;
  targets?: Array<{ expr: string }>;
}

const { groups } = parse(read('deploy/prometheus/alerts.yml')) as { groups: Array<{ rules: Rule[] }> };
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('deploy/grafana/snapstream.json')) as { panels: Panel[] };
const expressions = [
  ...rules.map(({ alert, expr }) => ({ name: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ name: title, expr }))),
];

/** The labels that Prometheus adds to each series. */
const targetLabels = ['job', 'instance'];

/** The labels of each series that a process exports, and of those of Prometheus itself. */
function registeredSeries(): Map<string, readonly string[]> {
  startMetrics();
  new BacklogMetrics({} as never, {} as never, {} as never).onModuleDestroy();
  const series = new Map<string, readonly string[]>([['up', targetLabels]]);
  for (const metric of register.getMetricsAsArray() as Array<MetricObject & { labelNames?: string[] }>) {
    const labels = [...(metric.labelNames ?? []), ...targetLabels];
    if (String(metric.type) !== 'histogram') series.set(metric.name, labels);
    else
      for (const suffix of ['bucket', 'sum', 'count'])
        series.set(`${metric.name}_${suffix}`, suffix === 'bucket' ? [...labels, 'le'] : labels);
  }
  return series;
}

/** Returns what is wrong with an expression: its syntax, and names that no process exports. */
function faultsOf(expr: string, series: Map<string, readonly string[]>): string[] {
  const faults: string[] = [];
  const used = new Set<string>();
  const labels = new Set<string>();
  const promql = expr.replaceAll('$__rate_interval', '5m'); // a variable of Grafana
  parser.parse(promql).iterate({
    enter: ({ name, type, from, to }) => {
      const text = promql.slice(from, to);
      if (type.isError) faults.push(`a syntax error at ${from}`);
      if (name === 'Identifier') used.add(text);
      if (name === 'LabelName') labels.add(text);
    },
  });
  const known = new Set([...used].flatMap((metric) => series.get(metric) ?? []));
  return [
    ...faults,
    ...(used.size === 0 ? ['no metric'] : []),
    ...[...used].filter((metric) => !series.has(metric)).map((metric) => `no metric ${metric}`),
    ...[...labels].filter((label) => !known.has(label)).map((label) => `no label ${label}`),
  ];
}

describe('the alert rules and the dashboard', () => {
  const series = registeredSeries();

  it.each(expressions)('$name reads what the processes export', ({ expr }) => {
    expect(faultsOf(expr, series)).toEqual([]);
  });

  it.each([
    ['sum by (', 'a syntax error at 8'],
    ['rate(snapstream_jobs_total[5m])', 'no metric snapstream_jobs_total'],
    ['snapstream_job_duration_seconds', 'no metric snapstream_job_duration_seconds'],
    ['sum by (code) (snapstream_queue_jobs)', 'no label code'],
  ])('the check finds the fault in %s', (expr, fault) => {
    expect(faultsOf(expr, series)).toContain(fault);
  });

  it('have a section each in docs/operations.md that says what to do, and lead to it', () => {
    const headings = new Map(
      read('docs/operations.md')
        .split(/^### /m)
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    );
    for (const { alert, annotations } of rules) {
      for (const part of ['**Meaning**: ', '**Look at**: ', '**Do**: ']) expect(headings.get(alert)).toContain(part);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
    const documented = [...headings.keys()].filter((heading) => heading.startsWith('SnapStream'));
    expect(documented).toEqual(rules.map(({ alert }) => alert));
  });
});
