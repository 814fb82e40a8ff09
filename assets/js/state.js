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

/**
 * Say which language the page is in: to browsers and those who hear it, and to the server, which fills in the menus of
 * a record (lab/ui/frame/menus.py).
 */
export function tellLanguage() {
  document.documentElement.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  document.cookie = `lab-language=${state.language}; path=/; SameSite=Lax`;
}
