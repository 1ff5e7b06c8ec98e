/** The beginning of a text, cut between words where one is near, never inside a character. */
export interface Excerpt {
  readonly text: string;
  readonly truncated: boolean;
}

/** A cut may lie this share of the length before the limit, to fall between words. */
const WORD_CUT_SHARE = 0.2;

export function beginningOf(text: string, chars: number): Excerpt {
  if (text.length <= chars) return { text, truncated: false };
  return { text: `${text.slice(0, cutBefore(text, chars)).trimEnd()}…`, truncated: true };
}

/** The best place at or before `limit` to end a piece of `text`. */
export function cutBefore(text: string, limit: number): number {
  const earliest = Math.floor(limit * (1 - WORD_CUT_SHARE));
  for (let place = limit; place > earliest; place -= 1) {
    if (/\s/.test(text[place] ?? ' ')) return place;
  }
  return isLowSurrogate(text, limit) ? limit - 1 : limit;
}

/** The best place at or after `start` to begin one, at most `slack` later. */
export function cutAfter(text: string, start: number, slack: number): number {
  if (start <= 0) return 0;
  for (let place = start; place < start + slack; place += 1) {
    if (/\s/.test(text[place - 1] ?? ' ')) return place;
  }
  return isLowSurrogate(text, start) ? start + 1 : start;
}

function isLowSurrogate(text: string, place: number): boolean {
  const unit = text.charCodeAt(place);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
