// The history: one button per record, newest first; the open one is marked.
import { settingName } from './pair.js';
import { h, tongue } from './widget.js';

/** @import { RailAnswer } from './types.d.ts' */

// On a narrow screen the list is a drawer above the page, closed until it is wanted.
const narrow = window.matchMedia('(max-width: 900px)');
let drawerOpen = false;
/** @type {(() => void) | null} */
let again = null;
narrow.addEventListener('change', () => again?.());

/**
 * @param {HTMLElement} heading
 * @param {HTMLElement[]} items
 */
function list(heading, items) {
  if (!narrow.matches) return [heading, ...items];
  return [
    h(
      'details',
      {
        open: drawerOpen,
        ontoggle: (/** @type {Event} */ event) => {
          drawerOpen = /** @type {HTMLDetailsElement} */ (event.currentTarget).open;
        },
      },
      h('summary', {}, heading),
      ...items,
    ),
  ];
}

/** @param {string} created */
function when(created) {
  const date = new Date(created);
  if (!created || Number.isNaN(date.getTime())) return '';
  const today = new Date().toDateString() === date.toDateString();
  const language = document.documentElement.lang || 'en';
  return date.toLocaleString(language, {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    ...(today ? {} : { day: 'numeric', month: 'short' }),
  });
}

/** @param {RailAnswer} answer */
function answer({ title, text, correct }) {
  const mark = correct === true ? '✓' : correct === false ? '✗' : '·';
  const kind = correct === true ? 'right' : correct === false ? 'wrong' : 'open';
  return h(
    'span.lab-rail-answer',
    { title: `${title}: “${text}”` },
    h(`b.${kind}`, {}, mark),
    ` ${title}`,
  );
}

/** Of what was changed in a plan, so many are told. */
const MOST_CHANGES = 2;

/**
 * What sets a run apart from others of its preset.
 * @param {RailRecord} record
 */
function changes({ changed }) {
  if (!changed.length) return null;
  const told = changed
    .slice(0, MOST_CHANGES)
    .map(({ where, key, there }) =>
      key === 'lane' ? `${there === '–' ? '−' : '+'} ${where}` : `${settingName(key)} ${there}`,
    );
  const more = changed.length > MOST_CHANGES ? ['…'] : [];
  return h('span.lab-rail-changed', {}, [...told, ...more].join(', '));
}

/** What is looked for in the list, and the record that is being renamed. */
let wanted = '';
let naming = '';
/** From so many records on, the list can be searched. */
const MANY = 6;

/** @typedef {import('./widget.js').Host<'rail.js'>} RailHost */
/** @import { RailRecord } from './types.d.ts' */

/** @param {RailRecord} record */
function isWanted(record) {
  const held = [record.title, record.called, record.name, record.question, record.id];
  const said = record.answers.flatMap((one) => [one.title, one.text]);
  return [...held, ...said].some((text) => text.toLowerCase().includes(wanted.toLowerCase()));
}

/** @param {RailHost} host */
function find(host) {
  const { t, value } = host;
  if (value.records.length < MANY) return [];
  return [
    h('input.lab-rail-find', {
      type: 'search',
      value: wanted,
      placeholder: t('rail.find'),
      'aria-label': t('rail.find'),
      oninput: (/** @type {{ target: HTMLInputElement }} */ { target }) => {
        wanted = target.value;
        draw(host);
        const field = /** @type {HTMLInputElement} */ (host.root.querySelector('.lab-rail-find'));
        field.focus();
        field.setSelectionRange(wanted.length, wanted.length);
      },
    }),
  ];
}

/** To the menu under the lanes that puts another run beside this one. */
function compare() {
  /** @type {HTMLElement | null} */ (
    document.querySelector("#lab-tabs [data-tab-id='side_by_side']")
  )?.click();
  const menu = /** @type {HTMLElement | null} */ (document.querySelector('#pair select'));
  menu?.scrollIntoView({ block: 'center' });
  menu?.focus({ preventScroll: true });
}

/**
 * What can be done with the open record; named and deleted are only one's own.
 * @param {RailHost} host
 * @param {RailRecord} record
 */
function tools(host, record) {
  const { t } = host;
  const { id } = record;
  if (naming !== id)
    return h(
      'div.lab-rail-tools',
      {},
      record.status === 'running' || host.value.records.length < 2
        ? null
        : h('button.lab-rail-compare', { type: 'button', onclick: compare }, t('rail.compare')),
      !record.changeable
        ? null
        : h(
            'button',
            {
              type: 'button',
              onclick: () => {
                naming = id;
                draw(host);
                /** @type {HTMLInputElement} */ (host.root.querySelector('.lab-rail-name')).focus();
              },
            },
            t('rail.rename'),
          ),
      !record.changeable
        ? null
        : h(
            'button.lab-rail-pin',
            {
              type: 'button',
              onclick: () => host.trigger('pin', { record: id, pinned: !record.pinned }),
            },
            t(record.pinned ? 'rail.unpin' : 'rail.pin'),
          ),
      record.status === 'running' || !record.changeable
        ? null
        : h(
            'button',
            { type: 'button', onclick: () => host.trigger('delete', { record: id }) },
            t('rail.delete'),
          ),
    );
  const done = (/** @type {boolean} */ keep, /** @type {HTMLInputElement} */ field) => {
    if (naming !== id) return;
    naming = '';
    if (keep && field.value !== record.called)
      host.trigger('rename', { record: id, name: field.value });
    else draw(host);
  };
  return h(
    'div.lab-rail-tools',
    {},
    h('input.lab-rail-name', {
      type: 'text',
      maxlength: 60,
      value: record.called || record.title,
      'aria-label': t('rail.new_name'),
      onkeydown: (/** @type {KeyboardEvent & { target: HTMLInputElement }} */ event) => {
        if (event.key === 'Enter') done(true, event.target);
        if (event.key === 'Escape') done(false, event.target);
      },
      onblur: (/** @type {{ target: HTMLInputElement }} */ { target }) => done(true, target),
    }),
  );
}

/**
 * The records that were deleted last: the list is read again when another one comes to the page.
 * @type {readonly string[]}
 */
let deleted = [];

/** @param {RailHost} host */
function undo(host) {
  if (host.value.deleted.length) deleted = host.value.deleted;
  if (host.value.records.some(({ id }) => deleted.includes(id))) deleted = [];
  if (!deleted.length) return [];
  const restore = () => {
    host.trigger('restore', { records: [...deleted] });
    deleted = [];
  };
  return [
    h(
      'p.lab-rail-undo',
      { role: 'status' },
      deleted.length > 1
        ? host.t('rail.deleted_many', { n: deleted.length })
        : host.t('rail.deleted'),
      h('button', { type: 'button', onclick: restore }, host.t('rail.undo')),
    ),
  ];
}

/**
 * What is not in the list, and clearing it.
 * @param {RailHost} host
 */
function foot({ t, value, trigger }) {
  const { more, clearable } = value;
  if (!more && clearable < 2) return [];
  const button = (/** @type {'more' | 'clear'} */ act, /** @type {number} */ n) =>
    h(
      `button.lab-rail-${act}`,
      { type: 'button', onclick: () => trigger(act, {}) },
      t(`rail.${act}`, { n }),
    );
  return [
    h(
      'div.lab-rail-tools.lab-rail-foot',
      {},
      more ? button('more', more) : null,
      clearable > 1 ? button('clear', clearable) : null,
    ),
  ];
}

/** @param {RailHost} host */
export function draw(host) {
  const { t, value } = host;
  const found = value.records.filter((record) => !wanted || isWanted(record));
  const items = found.flatMap((record) => {
    const open = record.id === value.open;
    const state = record.status === 'finished' ? '' : t(`rail.status.${record.status}`);
    const whole = record.called || record.title;
    const owner = [record.pinned ? `★ ${t('rail.pinned')}` : '', record.mine ? t('rail.mine') : ''];
    const item = h(
      `button.lab-rail-item${open ? '.open' : ''}`,
      {
        type: 'button',
        data: { record: record.id },
        'aria-current': open ? 'true' : null,
        onclick: () => host.trigger('open', { record: record.id }),
      },
      h(
        'span.lab-rail-title',
        { lang: tongue(whole), title: record.message || record.question },
        whole,
      ),
      h(
        'span.lab-rail-when',
        {},
        ...(record.name
          ? [h('span', { lang: record.shipped ? null : tongue(record.name) }, record.name), ' · ']
          : []),
        [...owner, record.shipped ? t('rail.shipped') : when(record.created), state]
          .filter(Boolean)
          .join(' · '),
      ),
      changes(record),
      h('span.lab-rail-answers', {}, ...record.answers.map(answer)),
    );
    return open ? [item, tools(host, record)] : [item];
  });
  again = () => draw(host);
  host.root.replaceChildren(
    h(
      'nav.lab-rail',
      { 'aria-label': t('rail.title') },
      value.message ? h('p.lab-error', { role: 'alert' }, value.message) : null,
      ...list(h('h2', {}, t('rail.title')), [
        ...undo(host),
        ...find(host),
        ...(items.length
          ? items
          : [h('p.lab-empty', {}, t(wanted ? 'rail.none_found' : 'rail.none'))]),
        ...foot(host),
      ]),
    ),
  );
}
