import { Bm25Index } from '../../../../adapters/text/bm25/bm25-index.ts';
import { textIndexSuite } from '../../../conformance/text-index.suite.ts';
import { vitestRegistrar } from '../../../support/vitest-registrar.ts';

textIndexSuite(vitestRegistrar, () => new Bm25Index());
