import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/http/docs/openapi.ts';
import { endpointsOf } from '../../src/http/routes.ts';
import type { HttpOptions } from '../../src/http/app.ts';
import type { Services } from '../../src/service/services.ts';

describe('openapi.json', () => {
  test('the committed description is that of the schemas (`npx vitest run tests/http/openapi.test.ts -u` renews it)', async () => {
    // Describing calls no service.
    const endpoints = endpointsOf({} as Services, { limits: {}, namespaces: null } as HttpOptions);
    const document = openApiDocument(endpoints, '0.1.0');
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../openapi.json');
  });
});
