// @ts-check

/**
 * @typedef {object} Piece
 * @property {'same' | 'added' | 'removed'} kind
 * @property {string} text
 */

/** Above this many cells the table of the longest common subsequence costs more than it tells. */
const CELLS_MAX = 4_000_000;

/**
 * What became of a text, word by word: the longest common subsequence, by the table of Wagner and
 * Fischer (1974), after what both texts begin and end with is set aside.
 *
 * @param {string} before
 * @param {string} after
 * @returns {Piece[]}
 */
export function diff(before, after) {
  const a = before.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  const b = after.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  /** @type {Piece[]} */
  const pieces = [];
  push(pieces, 'same', a.slice(0, start).join(''));
  middle(pieces, a.slice(start, a.length - tail), b.slice(start, b.length - tail));
  push(pieces, 'same', a.slice(a.length - tail).join(''));
  return readable(pieces);
}

/**
 * A space that both texts happen to share does not divide a change: what was removed stands together,
 * then what was added.
 *
 * @param {readonly Piece[]} pieces
 */
function readable(pieces) {
  /** @type {Piece[]} */
  const joined = [];
  let [removed, added] = ['', ''];
  const flush = () => {
    push(joined, 'removed', removed);
    push(joined, 'added', added);
    [removed, added] = ['', ''];
  };
  for (const [index, { kind, text }] of pieces.entries()) {
    const next = pieces[index + 1];
    const dividesChange = removed + added !== '' && next !== undefined && text.trim() === '';
    if (kind !== 'added' && (kind === 'removed' || dividesChange)) removed += text;
    if (kind !== 'removed' && (kind === 'added' || dividesChange)) added += text;
    if (kind !== 'same' || dividesChange) continue;
    flush();
    push(joined, 'same', text);
  }
  flush();
  return joined;
}

/**
 * @param {Piece[]} pieces
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 */
function middle(pieces, a, b) {
  if (a.length * b.length > CELLS_MAX) {
    push(pieces, 'removed', a.join(''));
    push(pieces, 'added', b.join(''));
    return;
  }
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  /** @param {number} i @param {number} j */
  const at = (i, j) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(pieces, 'same', a[i] ?? '');
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      push(pieces, 'removed', a[i] ?? '');
      i += 1;
    } else {
      push(pieces, 'added', b[j] ?? '');
      j += 1;
    }
  }
}

/**
 * @param {Piece[]} pieces
 * @param {Piece['kind']} kind
 * @param {string} text
 */
function push(pieces, kind, text) {
  if (text === '') return;
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}
