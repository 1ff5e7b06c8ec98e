/**
 * Lower-case letters, digits and single hyphens between them: the same in an address, as a folder on
 * any file system, and as a label of a host name. There is no upper case, so no two names differ by it.
 */
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const NAMESPACE_NAME_CHARS_MAX = 48;

/** They read as something else than a team, or may be wanted for it. */
const RESERVED: ReadonlySet<string> = new Set(['admin', 'all', 'default', 'new', 'none', 'root', 'system']);

/** The rule, as the end of a sentence. */
export const NAMESPACE_NAME_RULE = `must be 1 to ${NAMESPACE_NAME_CHARS_MAX} lower-case letters, digits and single hyphens between them, and none of ${[...RESERVED].join(', ')}`;

export const isNamespaceName = (text: string): boolean =>
  text.length <= NAMESPACE_NAME_CHARS_MAX && NAME.test(text) && !RESERVED.has(text);
