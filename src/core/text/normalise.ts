const BEYOND_ASCII = /[^\0-\x7f]/;
/** Accents and other marks of the Latin, Greek and Cyrillic scripts; Japanese voicing marks lie elsewhere. */
const COMBINING_DIACRITICS = /[\u0300-\u036f]/g;

/**
 * One spelling for what people consider the same text: compatibility forms (full-width letters,
 * ligatures, half-width katakana) are unified as in NFKC, and accents are dropped, since half of those
 * who search for "café" type "cafe". Case is kept: it still says where `camelCase` has its words.
 */
export function normalise(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  return text.normalize('NFKD').replace(COMBINING_DIACRITICS, '').normalize('NFC');
}
