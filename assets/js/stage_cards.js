// The gallery of the constraints: words, a light with its number, floor and ceiling; a line opens its condition.
import { h } from './widget.js';

/** @import { ConstraintCard, ConstraintLine } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'stage_cards.js'> & { wanted?: number }} Gallery */

const MARK = { works: '●', partly: '◐', fails: '○', '': '–' };

/** @param {ConstraintLine} line */
function meter(line) {
  /** @param {number} x */
  const at = (x) => `${Math.max(0, Math.min(1, x)) * 100}%`;
  return h(
    'span.card-meter',
    { 'aria-hidden': true },
    h('i.card-span', {
      style: { left: at(line.floor), width: at(Math.max(0, line.ceiling - line.floor)) },
    }),
    h('i.card-range', { style: { left: at(line.low), width: at(line.high - line.low) } }),
    h('i.card-value', { style: { left: at(line.value) } }),
  );
}

/**
 * @param {Gallery} host
 * @param {ConstraintLine} line
 */
function lineOf(host, line) {
  const pick = () => {
    host.trigger('line', { name: line.name, channel: line.channel });
    document.querySelector('#break-stage')?.scrollIntoView({
      behavior: smoothly(),
      block: 'start',
    });
  };
  const recorded = host.value.recorded || !line.tried;
  return h(
    `${recorded ? 'div' : 'button'}.card-line.${line.light || 'unclear'}`,
    {
      ...(recorded ? { role: 'group' } : { type: 'button', onclick: pick }),
      'aria-label': `${line.title}, ${line.how}: ${line.text}; ${host.t(line.light ? 'break.light.' + line.light : 'break.light.unclear')}`,
    },
    h(
      'span.card-light',
      { title: host.t(line.light ? `break.light.${line.light}` : 'break.light.unclear') },
      MARK[line.light],
    ),
    h('span.card-name', {}, line.title, h('small', {}, ` ${line.how}`)),
    meter(line),
    h('span.card-number', {}, line.text),
  );
}

/**
 * How many of the card's conditions work, work in part, fail.
 * @param {Gallery} host
 * @param {ConstraintCard} card
 */
function tally(host, card) {
  const found = /** @type {[keyof typeof MARK, number][]} */ (Object.entries(card.tally));
  if (!found.length) return h('span.card-light.none', {}, '·');
  return h(
    'span.card-tally',
    {},
    ...found.map(([light, n]) =>
      h(
        `span.card-light.${light}`,
        { title: `${n}: ${host.t(`break.light.${light}`)}` },
        MARK[light],
        h('small', {}, n),
      ),
    ),
  );
}

/**
 * @param {Gallery} host
 * @param {ConstraintCard} card
 */
function openCard(host, card) {
  return h(
    'div.card-open',
    {},
    h('p.card-rule', {}, card.rule),
    h('p', {}, card.why),
    card.lines.length
      ? h(
          'p.card-legend',
          {},
          host.t(card.lines.some((line) => line.tried) ? 'break.meter' : 'break.meter_audit'),
        )
      : h('p.card-legend', {}, host.t('break.no_figures')),
    h('div.card-lines', {}, ...card.lines.map((line) => lineOf(host, line))),
    card.missing.length
      ? h(
          'div.card-missing',
          {},
          h('b', {}, host.t('break.missing', { n: card.missing.length })),
          ...card.missing.map((text) => h('p', {}, `✕ ${text}`)),
        )
      : null,
  );
}

/** @param {Gallery} host */
export function draw(host) {
  const { cards, open } = host.value;
  const chosen = cards.find((card) => card.number === open);
  host.root.replaceChildren(
    h(
      'div.break-gallery',
      {},
      h(
        'div.card-row',
        { role: 'group', 'aria-label': host.t('break.gallery') },
        ...cards.map((card) =>
          h(
            `button.card-tab${card.number === open ? '.on' : ''}`,
            {
              type: 'button',
              'aria-expanded': String(card.number === open),
              onclick: () => {
                host.wanted = card.number === open ? undefined : card.number;
                host.trigger('card', { number: card.number });
              },
            },
            h('span.card-no', {}, card.mark),
            h('span', {}, card.title),
            tally(host, card),
          ),
        ),
      ),
      chosen ? openCard(host, chosen) : h('p.card-legend', {}, host.t('break.choose_card')),
    ),
  );
  if (chosen && host.wanted === chosen.number) show(host.root);
  if (chosen) host.wanted = undefined;
}

/**
 * A card that somebody opened is read below its button: the page comes along where that is out of sight.
 * @param {HTMLElement} root
 */
function show(root) {
  const text = root.querySelector('.card-open');
  const gallery = root.querySelector('.break-gallery');
  if (!text || !gallery || text.getBoundingClientRect().bottom <= window.innerHeight) return;
  gallery.scrollIntoView({ behavior: smoothly(), block: 'start' });
}

/** How the page moves for who wants less motion. */
function smoothly() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
}
