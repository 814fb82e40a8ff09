// “This moment”: the selected point as text, with its words, its neighbours, and steps to the moments around it.
import { bookmarks, star } from './bookmarks.js';
import { h, setSelection, state, t, tongue } from './widget.js';

/** @import { MomentCard } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/**
 * @param {Host<'moment.js'>} host
 * @param {string} label
 * @param {string} sign
 * @param {number | null} point
 */
function step(host, label, sign, point) {
  return h(
    'button.lab-icon',
    {
      type: 'button',
      disabled: point === null,
      'aria-label': label,
      title: label,
      onclick: () => host.select({ point_id: point }),
    },
    sign,
  );
}

/**
 * The card's labels come in English; a language that knows one says it its own way.
 * @param {string} name
 */
function label(name) {
  const key = `moment.fact.${name}`;
  const said = t(key);
  return said === key ? name : said;
}

/** @param {MomentCard} card */
function words(card) {
  return card.words.map(({ word, share, p }) =>
    h(
      'li',
      {},
      h('code', { lang: tongue(word) }, word),
      h('span.lab-bar', { style: { '--share': `${100 * p}%` } }),
      h('span', {}, share),
    ),
  );
}

/** On a narrow screen the card is a drawer at the lower edge; shut, it says the position alone. */
let shut = false;

/** @param {Host<'moment.js'>} host */
function drawer(host) {
  return h(
    'button.lab-icon.lab-moment-drawer',
    {
      type: 'button',
      'aria-label': t('moment.drawer'),
      title: t('moment.drawer'),
      'aria-expanded': String(!shut),
      data: { name: 'drawer' },
      onclick: () => {
        shut = !shut;
        draw(host);
      },
    },
    shut ? '▴' : '▾',
  );
}

/**
 * The card is the first to come when something was selected: what else the page shows of it follows now.
 * @param {string} record
 * @param {MomentCard} card
 */
function tell(record, { point_id, moment, layer, lane, agent, kind, step }) {
  const known = state.selection;
  if (known?.record === record && known.point_id === point_id) return;
  setSelection({ record, error: '', point_id, moment, layer, lane, agent, kind, step });
}

/** @param {Host<'moment.js'>} host */
export function draw(host) {
  const { record, card, steps, layers } = host.value;
  if (record && card) tell(record, card);
  const title = h('h2', {}, t('moment.title'));
  const kept = bookmarks(record, card?.point_id ?? null, (point) =>
    host.select({ record, point_id: point }),
  );
  if (!card) {
    host.root.replaceChildren(
      h('section.lab-moment', {}, title, h('p.lab-empty', {}, t('moment.empty')), kept),
    );
    return;
  }
  host.root.replaceChildren(
    h(
      `section.lab-moment${shut ? '.shut' : ''}`,
      { 'aria-live': 'polite', 'data-kind': card.kind },
      title,
      h(
        'p.lab-moment-name',
        {},
        card.title,
        record ? star(record, { point: card.point_id, title: card.title }, () => draw(host)) : null,
        drawer(host),
      ),
      kept,
      h(
        'div.lab-moment-steps',
        {},
        step(host, t('moment.previous'), '←', steps.before),
        step(host, t('moment.next'), '→', steps.after),
        h('span', {}, `${t('moment.layer')} ${card.layer}`),
        step(host, t('moment.lower'), '↓', layers.before),
        step(host, t('moment.higher'), '↑', layers.after),
      ),
      h(
        'dl',
        {},
        ...card.facts.flatMap(({ name, value }) => [h('dt', {}, label(name)), h('dd', {}, value)]),
      ),
      card.words.length ? h('h3', {}, t('moment.top')) : null,
      h('ol.lab-words', {}, ...words(card)),
      card.neighbours.length ? h('h3', {}, t('moment.neighbours')) : null,
      card.neighbours.length
        ? h('p.lab-note', {}, t('moment.neighbours_note', { layer: card.layer }))
        : null,
      h(
        'ol.lab-near',
        {},
        ...card.neighbours.map((near) =>
          h(
            'li',
            {},
            h(
              'button',
              { type: 'button', onclick: () => host.select({ point_id: near.point_id }) },
              near.text,
            ),
            h('span', {}, near.cosine),
          ),
        ),
      ),
    ),
  );
}
