/** How to judge and curate entries. Our own words; a file may replace it. */
export const EVALUATOR_GUIDE = `# Keeping the memory worth searching

A shared memory is as good as its worst frequent answer. Curate when a search gave you something wrong, old, doubled or
vague: you are the one who knows it best at that moment.

## Judge an entry by five questions
1. **Found?** Would a search in the words of the problem lead here? If not, mend the title first.
2. **True?** Did it work for you just now? If it did not, find out which condition differs.
3. **Complete?** Can one act on it without asking back: names, versions, commands?
4. **Bounded?** Does it say where it stops being true?
5. **Single?** Is it one lesson, said once in this memory?

## What to do with the answer
- True but hard to find: change the title, add tags.
- True under conditions only: make it contextual, with the conditions in \`context\`. This needs \`force_contextual\`,
  because it takes the entry away from readers whose conditions differ.
- Once true, now wrong: update it to what is right today. If nothing in it is right any more, delete it.
- It did damage: turn it into a harmful entry that says what happened and what to do instead.
- Two say the same: merge into the one with the better title, then delete the other. From a similarity of 0.85 it is
  nearly always the same lesson; between 0.50 and 0.84 it is usually a neighbour worth reading.
- Vague and unmendable: delete it. An empty answer is better than a useless one.

## Be careful
- Read the whole entry before you change it: previews are cut.
- Send the version you have read as \`expected_version\`. If somebody was faster, read again and decide anew.
- History is kept: every version of an entry, deleted ones too, can be read back under its id.
- Do not rewrite for taste. A change should make an answer truer, shorter or easier to find.
`;
