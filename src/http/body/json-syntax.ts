/**
 * Where a JSON text is wrong. Engines word their errors differently and not all name a position, so
 * the position is found here, after JSON.parse has refused the text.
 */

/** One token of RFC 8259, with the white space before it. */
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true(?!\w)|false(?!\w)|null(?!\w))/y;
const WHITE_SPACE = /[ \t\r\n]*/y;

/** What may come next. `first…` also allows the list or object to end at once. */
type Expected = 'value' | 'first-item' | 'first-key' | 'key' | 'colon' | 'separator' | 'end';

/** The offset of the first token that may not stand there, or null when the text is well-formed. */
export function syntaxProblemAt(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      WHITE_SPACE.lastIndex = at;
      WHITE_SPACE.exec(text);
      const next = WHITE_SPACE.lastIndex;
      return next === text.length && expected === 'end' ? null : next;
    }
    const [whole, mark, string] = match;
    const after = follow(expected, mark ?? (string === undefined ? 'scalar' : 'string'), open);
    if (after === null) return at + (whole.length - whole.trimStart().length);
    expected = after;
    at = TOKEN.lastIndex;
  }
}

/** The state after a token, or null when it may not stand there. Keeps `open`, the stack of what is unclosed. */
function follow(expected: Expected, token: string, open: ('{' | '[')[]): Expected | null {
  const closed = (): Expected => {
    open.pop();
    return open.length === 0 ? 'end' : 'separator';
  };
  const wantsValue = expected === 'value' || expected === 'first-item';
  switch (token) {
    case '{':
    case '[':
      if (!wantsValue) return null;
      open.push(token);
      return token === '{' ? 'first-key' : 'first-item';
    case '}':
      return open.at(-1) === '{' && (expected === 'first-key' || expected === 'separator') ? closed() : null;
    case ']':
      return open.at(-1) === '[' && (expected === 'first-item' || expected === 'separator') ? closed() : null;
    case ',':
      if (expected !== 'separator') return null;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : null;
    case 'string':
      if (expected === 'key' || expected === 'first-key') return 'colon';
      break;
    default:
  }
  if (!wantsValue) return null;
  return open.length === 0 ? 'end' : 'separator';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The offset of the bracket that opens level `max + 1`, or null. Looks at nothing but strings and brackets. */
export function depthProblemAt(text: string, max: number): number | null {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > max) return i;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return null;
}
