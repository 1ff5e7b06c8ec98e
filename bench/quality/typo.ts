/** Replaces one letter of the longest word by another one, a–z. A query without letters stays as it is. */
export function withTypo(query: string, random: () => number): string {
  const longest = [...query.matchAll(/\p{L}+/gu)].reduce<RegExpExecArray | null>(
    (best, word) => (best === null || word[0].length > best[0].length ? word : best),
    null,
  );
  if (longest === null) return query;
  const at = longest.index + Math.floor(random() * longest[0].length);
  // 25 letters are not the one that stands there.
  const shift = 1 + Math.floor(random() * 25);
  const letter = (Math.max(query.toLowerCase().charCodeAt(at) - 97, 0) + shift) % 26;
  return query.slice(0, at) + String.fromCharCode(97 + letter) + query.slice(at + 1);
}
