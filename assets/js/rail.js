// The history: one button per record, newest first; the open one is marked.
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

/** @param {import('./widget.js').Host<'rail.js'>} host */
export function draw(host) {
  const { t, value } = host;
  const items = value.records.map((record) => {
    const open = record.id === value.open;
    const state = record.status === 'finished' ? '' : t(`rail.status.${record.status}`);
    return h(
      `button.lab-rail-item${open ? '.open' : ''}`,
      {
        type: 'button',
        'aria-current': open ? 'true' : null,
        onclick: () => host.trigger('open', { record: record.id }),
      },
      h(
        'span.lab-rail-title',
        { lang: tongue(record.title), title: record.message || record.question },
        record.title,
      ),
      h(
        'span.lab-rail-when',
        {},
        [record.name, record.shipped ? t('rail.shipped') : when(record.created), state]
          .filter(Boolean)
          .join(' · '),
      ),
      h('span.lab-rail-answers', {}, ...record.answers.map(answer)),
    );
  });
  again = () => draw(host);
  host.root.replaceChildren(
    h(
      'nav.lab-rail',
      { 'aria-label': t('rail.title') },
      value.message ? h('p.lab-error', { role: 'alert' }, value.message) : null,
      ...list(
        h('h2', {}, t('rail.title')),
        items.length ? items : [h('p.lab-empty', {}, t('rail.none'))],
      ),
    ),
  );
}
