// Keeps the address bar in step with the page and the page with Back and Forward, and tells every
// widget about the selection.
import { arrive } from './arrival.js';
import { announce, h, isDark, listen, lookAsked, setSelection, state } from './widget.js';

/** @typedef {import('./widget.js').Host<'address.js'>} AddressHost */

/** Whether somebody did something since the last address was opened: what the page itself still fills in is no step. */
let acted = false;
/** @type {EventTarget | null} The field that somebody types into, and the one whose first letter made the last step. */
let field = null;
/** @type {EventTarget | null} */
let stepped = null;
/** Number of the last address that was opened; what the page told of an earlier one comes too late. */
let serial = 0;
let noticed = '';
/** @type {AddressHost | null} */
let own = null;
/** @type {{ query: string, serial: number } | null} The address that the page is being brought to. */
let heading = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
const AGAIN_MS = 300;
const MOST_TIMES = 200;

/** Language, theme and numbers, where the link or somebody at the page chose them. */
const look = {
  lang: lookAsked('lang', ['en', 'zh']),
  theme: lookAsked('theme', ['light', 'dark']),
  numbers: lookAsked('numbers', ['simple', 'exact']),
};

/**
 * Brings the page to an address; of several, it ends at the last one. Gradio drops an event while one of its kind is on
 * its way, so it is told until it was answered.
 * @param {string} query
 */
export function goTo(query) {
  arrive(query);
  bringTo(query);
}

/** @param {string} query */
function bringTo(query) {
  serial += 1;
  heading = { query, serial };
  tell();
}

/** Where the page is being brought; null when it is there. */
export const headingTo = () => heading?.query ?? null;

/** @param {number} times */
function tell(times = 1) {
  clearTimeout(again);
  if (!heading || !own) return;
  own.trigger('went', heading);
  if (times < MOST_TIMES) again = setTimeout(tell, AGAIN_MS, times + 1);
  else heading = null;
}

/** @param {AddressHost} host */
export function setup(host) {
  own = host;
  arrive(window.location.search);
  for (const name of ['pointerdown', 'keydown', 'drop'])
    window.addEventListener(
      name,
      (event) => {
        acted = true;
        field =
          name === 'keydown' && event.target instanceof HTMLInputElement ? event.target : null;
      },
      true,
    );
  listen('language', (language) => {
    look.lang = language;
    keepLook();
  });
  listen('numbers', (numbers) => {
    look.numbers = numbers;
    keepLook();
  });
  listen('look', () => {
    look.theme = isDark() ? 'dark' : 'light';
    keepLook();
  });
  window.addEventListener('popstate', () => {
    acted = false;
    keepLook();
    bringTo(window.location.search);
  });
}

/** Language and theme stand in the address, and stay as they are when one goes back. */
function keepLook() {
  const url = new URL(window.location.href);
  for (const [key, value] of Object.entries(look))
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
  write(url, false);
}

/**
 * @param {URLSearchParams} said
 * @param {string} key of the address, or of one changed setting in it
 * @returns {unknown}
 */
function valueOf(said, key) {
  const path = /^settings\.(.+)/.exec(key)?.[1];
  if (!path) return said.get(key);
  try {
    return JSON.parse(said.get('settings') ?? '{}')[path];
  } catch {
    return undefined;
  }
}

/** What is typed into one field is one step, however many letters it has. */
function isStep() {
  const same = field !== null && field === stepped;
  stepped = field;
  return !same;
}

/**
 * @param {URL} url
 * @param {boolean} step
 */
function write(url, step) {
  if (url.href === window.location.href) return;
  const how = step ? 'pushState' : 'replaceState';
  window.history[how](window.history.state, '', url);
  announce('address');
}

/** @param {AddressHost} host */
export function draw(host) {
  const { keys, entries, steps, notice, selection } = host.value;
  if (host.value.serial === heading?.serial) heading = null;
  if (keys.length && host.value.serial === serial) {
    const url = new URL(window.location.href);
    for (const key of keys)
      if (key in entries) url.searchParams.set(key, entries[key]);
      else url.searchParams.delete(key);
    const before = new URL(window.location.href).searchParams;
    const other = steps.some((key) => valueOf(before, key) !== valueOf(url.searchParams, key));
    write(url, acted && other && isStep());
  }
  if (notice) noticed = notice;
  const close = () => {
    noticed = '';
    host.root.replaceChildren();
  };
  host.root.replaceChildren(
    ...(noticed
      ? [
          h(
            'p.lab-error.lab-ignored',
            { role: 'alert' },
            noticed,
            h('button.lab-icon', { type: 'button', onclick: close }, host.t('address.close')),
          ),
        ]
      : []),
  );
  if (host.value.serial === serial && JSON.stringify(selection) !== JSON.stringify(state.selection))
    setSelection(selection);
}
