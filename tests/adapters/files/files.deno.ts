import { filesSuite } from '../../conformance/files.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { memoryFilesFixture, nodeFilesFixture } from './fixtures.ts';

filesSuite(denoRegistrar, 'node', nodeFilesFixture);
filesSuite(denoRegistrar, 'memory', memoryFilesFixture);
