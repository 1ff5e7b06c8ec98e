import { describe } from 'vitest';
import { EdgeBundle } from '../support/edge-server.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';
import { runHttpSuitesAgainst } from './support/run-suites.ts';

/** An import of 10,000 goes through the database server, and would take most of a minute. */
const OVER_A_NETWORK = { bulkEntries: 2_000 };

const obstacle = whyNoSqld();
describe.skipIf(obstacle !== null)(`edge${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  runHttpSuitesAgainst(
    'the edge bundle, with network permission alone',
    async () => {
      const [sqld, bundle] = await Promise.all([Sqld.start(), EdgeBundle.build()]);
      const edge = await bundle.serve({ CHL_DATABASE_URL: sqld.url });
      return {
        url: edge.url,
        async stop() {
          await edge.kill();
          await sqld.stop();
          await bundle.remove();
        },
      };
    },
    OVER_A_NETWORK,
  );
});
