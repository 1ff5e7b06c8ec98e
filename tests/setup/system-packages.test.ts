import { expect, test } from 'vitest';
import { isDebianLike, whyNoSystemPackages } from '../../scripts/setup/system-packages.mjs';

test('CHL_SETUP_SYSTEM=0 keeps set-up from installing system packages, even as root', () => {
  expect(whyNoSystemPackages({ CHL_SETUP_SYSTEM: '0' }, 0)).toBe('CHL_SETUP_SYSTEM=0');
});

test('only root installs system packages, and only on Debian and Ubuntu', () => {
  expect(whyNoSystemPackages({}, 1000)).toBe(isDebianLike() ? 'not root' : 'not Debian or Ubuntu');
  expect(whyNoSystemPackages({}, 0)).toBe(isDebianLike() ? null : 'not Debian or Ubuntu');
});
