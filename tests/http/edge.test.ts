import { describe } from 'vitest';
import { EdgeBundle } from '../support/edge-server.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';
import { runHttpSuitesAgainst } from './support/run-suites.ts';

const obstacle = whyNoSqld();
describe.skipIf(obstacle !== null)(`edge${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  runHttpSuitesAgainst('the edge bundle, with network permission alone', async () => {
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
  });
});
