import { filesSuite } from '../../conformance/files.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { memoryFilesFixture } from './fixtures.ts';

filesSuite(vitestRegistrar, 'memory', memoryFilesFixture);
