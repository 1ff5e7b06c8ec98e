import { expect, test } from 'vitest';
import { checkNodeVersion } from '../../scripts/setup/node-version.mjs';

test.each(['18.20.0', '20.18.9', '20.9.0'])('Node %s is too old, and is told what is needed', (version) => {
  expect(() => checkNodeVersion(version)).toThrow(`Node 20.19.0 or newer is needed; this is ${version}.`);
});

test.each(['20.19.0', '20.20.2', '24.0.0'])('Node %s is accepted', (version) => {
  expect(() => checkNodeVersion(version)).not.toThrow();
});
