/** How to write entries others can use. Our own words; a file may replace it. */
export const GENERATOR_GUIDE = `# Writing entries that help the next agent

Write an entry when you know something now that you did not know an hour ago and that would have saved you that hour.
Everyone who shares this memory will find it, so write for a reader who has your problem and none of your context.

## Before you write
1. Search first, in the words of the problem, not of your solution. If an entry already says it, improve that entry.
2. Check that it worked. Say how you know: the test that passed, the figure before and after.
3. Choose the category by the task the reader will be doing when the entry helps.

## Experience or skill
- An **experience** is one lesson: a situation and what to do in it.
- A **skill** is a procedure of several steps that is followed as a whole. Its description says when to use it.

## The section of an experience
- **useful**: do this. It worked, and would work again.
- **harmful**: avoid this. Name the damage, and what to do instead.
- **contextual**: right only under conditions. Put them into \`context\` as plain keys and values, such as
  \`{"framework": "hono", "runtime": "deno"}\`.

## Title
One line with the words somebody would search for: the tool, the symptom, the outcome. "Vitest hangs after the last
test: close the server's keep-alive connections" is found; "Testing tips" is not.

## Playbook
- Start with the action. Reasons follow in one sentence.
- Exact names: commands, options, file names, versions, error messages as they were printed.
- Say where it stops being true: the version, the platform, the size.
- One lesson per entry. Two lessons are two entries, each found by its own words.
- No secrets, no personal data, no paths of your machine.

## After you write
If the answer holds \`recommendation: "review_first"\`, a very similar entry exists. Read it. Keep the better one: move
what is missing into it, and delete the other.
`;
