// Positions that somebody wants to find again: kept in this browser, per record.
import { h, t } from './widget.js';

/** @typedef {{ point: number, title: string }} Kept */

const PLACE = 'lab-bookmarks';
const MOST = 12; // of a record; the oldest gives way

/** @returns {{ [record: string]: Kept[] }} */
function all() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}');
    return kept && typeof kept === 'object' && !Array.isArray(kept) ? kept : {};
  } catch {
    return {}; // not ours
  }
}

/**
 * @param {string} record
 * @returns {Kept[]}
 */
function of(record) {
  const kept = all()[record];
  const known = (/** @type {Kept} */ one) =>
    Number.isInteger(one?.point) && typeof one.title === 'string';
  return Array.isArray(kept) ? kept.filter(known) : [];
}

/**
 * @param {string} record
 * @param {Kept[]} kept
 */
function keep(record, kept) {
  const now = all();
  if (kept.length) now[record] = kept.slice(-MOST);
  else delete now[record];
  try {
    localStorage.setItem(PLACE, JSON.stringify(now));
  } catch {
    // no room in this browser: nothing is kept
  }
}

/**
 * The button that keeps a position, or lets it go.
 * @param {string} record
 * @param {Kept} here
 * @param {() => void} again draws the place where it stands
 */
export function star(record, here, again) {
  const kept = of(record);
  const is = kept.some(({ point }) => point === here.point);
  const label = t(is ? 'moment.forget' : 'moment.keep');
  return h(
    'button.lab-icon',
    {
      type: 'button',
      title: label,
      'aria-label': label,
      'aria-pressed': String(is),
      data: { name: 'keep' },
      onclick: () => {
        const left = kept.filter(({ point }) => point !== here.point);
        keep(record, is ? left : [...left, here]);
        again();
      },
    },
    is ? '★' : '☆',
  );
}

/**
 * What was kept of a record.
 * @param {string} record
 * @param {number | null} at the position that is shown
 * @param {(point: number) => void} go
 */
export function bookmarks(record, at, go) {
  const kept = of(record);
  if (!kept.length) return null;
  return h(
    'nav.lab-kept',
    { 'aria-label': t('moment.kept') },
    h('h3', {}, t('moment.kept')),
    ...kept.map(({ point, title }) =>
      h(
        'button',
        {
          type: 'button',
          'aria-current': point === at ? 'true' : null,
          data: { name: `kept ${point}` },
          onclick: () => go(point),
        },
        title,
      ),
    ),
  );
}
