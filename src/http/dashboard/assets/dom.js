// @ts-check
/**
 * Builds elements. Text always becomes a text node: what is stored in CHL is data, and there is no
 * way through here by which it could become markup.
 */

/** @typedef {Node | string | number | null | false | undefined} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * `h('a', {href: '/', class: 'link', onclick: open}, 'Home')`. An attribute that is null or false is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function s(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice('on'.length), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodesOf(children));
  return element;
}

/**
 * Replaces what is in an element.
 *
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...nodesOf(children));
}

/** @param {(Child | Child[])[]} children */
const nodesOf = (children) =>
  children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === 'number' ? String(child) : child));

/**
 * An element of the page, which the server has rendered.
 *
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`The page has no ${type.name} with the id ${id}.`);
}

/**
 * One of the drawings that the page holds as symbols. Decoration: words stand beside it.
 *
 * @param {string} name
 */
export const icon = (name) =>
  s('svg', { class: 'icon', 'aria-hidden': 'true', focusable: 'false' }, s('use', { href: `#icon-${name}` }));

/**
 * What a field of a form says; empty when there is none.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function formText(form, name) {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}

/**
 * @param {() => void} action
 * @param {number} delayMs
 */
export function debounced(action, delayMs) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, delayMs);
  };
}
