import { existsSync } from 'node:fs';
import { installSystemPackages, whyNoSystemPackages } from './system-packages.mjs';

const PROMTOOL = '/usr/bin/promtool';

/**
 * For the tests of metrics and alert rules; the service itself needs no Prometheus.
 *
 * @returns {Promise<string | null>} why there is none
 */
export async function providePromtool() {
  if (existsSync(PROMTOOL)) return null;
  const obstacle = whyNoSystemPackages();
  if (obstacle !== null) return `${obstacle}; needed: apt-get install prometheus`;
  return installSystemPackages(['prometheus']);
}
