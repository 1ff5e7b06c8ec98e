/**
 * Words of English grammar that say nothing about a subject. Words that technical text needs (on, off,
 * up, down, no, not, without, all, each, between …) are left out of the list on purpose.
 */
const STOP_WORDS: ReadonlySet<string> = new Set(
  `a an and are as at be been being but by can could did do does doing for from had has have having he
  her hers him his how i if in into is it its itself just me my of or our ours she should so some such
  than that the their theirs them then there these they this those to too us very was we were what when
  where which while who whom why will with would you your yours s t don ll re ve`.split(/\s+/),
);

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}
