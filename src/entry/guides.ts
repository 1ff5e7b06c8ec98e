import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../adapters/files/node/storage-error.ts';
import { ChlError } from '../core/errors.ts';
import { GUIDE_TYPES, type GuideType } from '../service/contract/guidelines.ts';
import type { GuideOverride, GuideOverrides } from '../service/guideline-service.ts';

/** Whoever may put a file into the data folder. */
const AUTHOR = 'operator';

/**
 * Guides of the operator's own: `guides/generator.md` and `guides/evaluator.md` in the data folder,
 * each in the place of the built-in one. Read once, at the start.
 * @throws CONFIGURATION when one is there and cannot be used
 */
export async function readGuides(dataDir: string): Promise<GuideOverrides> {
  const guides: Partial<Record<GuideType, GuideOverride>> = {};
  for (const type of GUIDE_TYPES) {
    const guide = await readGuide(join(dataDir, 'guides', `${type}.md`), type);
    if (guide !== null) guides[type] = guide;
  }
  return guides;
}

async function readGuide(path: string, type: GuideType): Promise<GuideOverride | null> {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (content.trim() !== '') return { content, author: AUTHOR, updatedAtMs: mtimeMs };
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw unusable(type, 'cannot be read', cause);
  }
  throw unusable(type, 'is empty');
}

const unusable = (type: GuideType, problem: string, cause?: unknown): ChlError =>
  new ChlError('CONFIGURATION', `guides/${type}.md in the data folder ${problem}.`, {
    operation: 'guides.read',
    hint: 'Without the file the built-in guide is served.',
    cause,
  });
