import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { ChlError } from '../../src/core/errors.ts';
import { configurationTable, loadConfig } from '../../src/entry/config.ts';

function refusal(variables: Record<string, string>): ChlError {
  try {
    loadConfig(variables);
  } catch (error) {
    assert.ok(error instanceof ChlError);
    assert.equal(error.code, 'CONFIGURATION');
    return error;
  }
  throw new assert.AssertionError({ message: 'the configuration was accepted' });
}

describe('configuration', () => {
  test('nothing set: loopback, the documented defaults, frozen to the leaves', () => {
    const config = loadConfig({ PATH: '/bin', CHL_HOST: '' });
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8000);
    assert.equal(config.index.savePolicy, 'immediate');
    assert.equal(config.index.saveIntervalMs, 300_000);
    assert.equal(config.index.rebuildThreshold, 0.1);
    assert.ok(Object.isFrozen(config.index.hnsw));
  });

  test('every mistake is told at once, one a line', () => {
    const { message } = refusal({
      CHL_PORT: '99999',
      CHL_FAISS_SAVE_POLICY: 'sometimes',
      CHL_FAISS_REBUILD_THRESHOLD: '2',
      CHL_EMBEDDER: 'magic',
      CHL_DATABASE_URL: 'nowhere',
      CHL_WAT: '1',
    });
    const lines = message.split('\n').slice(1);
    assert.equal(lines.length, 6);
    for (const part of [
      '"99999"',
      'immediate, periodic, manual',
      'between 0 and 1',
      '"magic"',
      'must be a file: URL',
      'CHL_WAT is not',
    ]) {
      assert.ok(
        lines.some((line) => line.includes(part)),
        `${part} in\n${message}`,
      );
    }
  });

  test('a mistyped name is refused, and the meant one suggested', () => {
    assert.match(refusal({ CHL_FAISS_SAVE_POLCY: 'manual' }).message, /did you mean CHL_FAISS_SAVE_POLICY\?/);
  });

  test('numbers are whole and plain: no sign, no exponent, no unit', () => {
    for (const text of ['-1', '8e3', '0x10', '80.5', '80ms', ' 80', '99999999999999999999']) {
      assert.match(refusal({ CHL_PORT: text }).message, /CHL_PORT must be a whole number/, text);
    }
    for (const text of ['0', '1', '-0.1', 'NaN', 'Infinity', '10%']) {
      assert.match(refusal({ CHL_FAISS_REBUILD_THRESHOLD: text }).message, /between 0 and 1/, text);
    }
  });

  test('a secret is never printed, wherever it was put', () => {
    const { message } = refusal({ CHL_API_KEYS: 'alice:admin:s3cret,bob:s3cret:boss,s3cret' });
    assert.match(message, /CHL_API_KEYS/);
    assert.match(message, /key 2/);
    assert.doesNotMatch(message, /s3cret/);
    assert.doesNotMatch(
      refusal({ CHL_DATABASE_URL: 'libsql://db.example?authToken=s3cret' }).message,
      /s3cret/,
    );
  });

  test('the table has words for every variable, and the default of each is itself valid', () => {
    const table = configurationTable();
    assert.ok(table.length > 15);
    for (const row of table) {
      assert.ok(row.description.endsWith('.'), `${row.name} is described`);
      if (row.defaultText !== '') loadConfig({ [row.name]: row.defaultText });
    }
  });
});
