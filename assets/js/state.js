// What all widgets of the page share.

/** @import { PageState } from './page.d.ts' */

/**
 * What the link asks for of the look, if the page knows it.
 * @param {'lang' | 'theme' | 'numbers'} key
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
  numbers:
    lookAsked('numbers', ['simple', 'exact']) || localStorage.getItem('lab-numbers') || 'simple',
  ablation: null,
  dial: null,
  given: null,
  replay: null,
});

/** A number by which the server knows the records of this browser as its own. */
function browserNumber() {
  const kept = localStorage.getItem('lab-browser');
  const number = kept ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('x');
  if (!kept) localStorage.setItem('lab-browser', number);
  return number;
}

/**
 * Say which language the page is in: to browsers and those who hear it, and to the server, which fills in the menus of
 * a record (lab/ui/frame/menus.py).
 */
export function tellLanguage() {
  document.documentElement.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  document.cookie = `lab-browser=${browserNumber()}; path=/; SameSite=Lax; max-age=31536000`;
  document.cookie = `lab-language=${state.language}; path=/; SameSite=Lax; max-age=31536000`;
}
