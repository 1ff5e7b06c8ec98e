import type { NamespaceFigures } from '../../service/namespaces/open-namespaces.ts';
import type { RecordedMetrics } from './recorded-metrics.ts';

/** How many, never which: a label for each namespace would have no bound. @returns the writer */
export function namespaceMetrics(metrics: RecordedMetrics): (figures: NamespaceFigures) => void {
  const open = metrics.gauge({ name: 'chl_namespaces_open', help: 'Namespaces that are open now' });
  const openMax = metrics.gauge({
    name: 'chl_namespaces_open_max',
    help: 'So many may be open at once; more wait, and then get 503',
  });
  const opened = metrics.counter({ name: 'chl_namespaces_opened_total', help: 'Namespaces opened' });
  const closed = metrics.counter({
    name: 'chl_namespaces_closed_total',
    help: 'Namespaces closed: idle for long, evicted for another, deleted, or at shutdown',
    labelNames: ['reason'],
  });
  const failed = metrics.counter({
    name: 'chl_namespace_open_failures_total',
    help: 'Namespaces that exist and could not be opened',
  });
  const refused = metrics.counter({
    name: 'chl_namespaces_refused_total',
    help: 'Openings given up because every place stayed in use',
  });
  return (figures) => {
    open(figures.open);
    openMax(figures.openMax);
    opened(figures.opened);
    failed(figures.openFailed);
    refused(figures.refused);
    for (const [reason, count] of Object.entries(figures.closed)) closed(count, { reason });
  };
}
