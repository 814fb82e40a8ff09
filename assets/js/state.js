// What all widgets of the page share.

/** @import { PageState } from './page.d.ts' */

/**
 * What the link asks for of the look, if the page knows it.
 * @param {'lang' | 'theme'} key
 * @param {string[]} known
 */
export function lookAsked(key, known) {
  const value = new URLSearchParams(window.location.search).get(key);
  return value !== null && known.includes(value) ? value : null;
}

/** @type {PageState} */
export const state = (window.labState ??= {
  selection: null,
  language: lookAsked('lang', ['en', 'zh']) || localStorage.getItem('lab-language') || 'en',
  ablation: null,
  replay: null,
});

/** Menus of a record are filled in by the server, which reads this: lab/ui/frame/menus.py. */
export function tellLanguage() {
  document.cookie = `lab-language=${state.language}; path=/; SameSite=Lax`;
}
