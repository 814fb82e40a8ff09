// Claims about LatentMAS and Mixture-of-Agents as cards: what is said, what was measured here, with its control. A card opens its figure.
import { h, t } from './widget.js';

/** @import { ClaimCard, ClaimLine } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/** The claim that each list of cards had open before. @type {WeakMap<HTMLElement, string | null>} */
const before = new WeakMap();
const SIGN = { yes: '●', no: '○', unclear: '◐', none: '–' };

/** @param {Host<'drafts_cards.js'>} host */
export function draw(host) {
  const { cards, open } = host.value;
  /** @param {ClaimCard} card */
  const drawn = (card) =>
    h(
      'button.claim-card',
      {
        type: 'button',
        'aria-pressed': String(card.name === open),
        onclick: () => host.trigger('open', { name: card.name }),
      },
      h('b.claim-title', {}, card.title),
      h('span.claim-said', {}, card.claim),
      card.reports ? h('span.claim-reports', {}, card.reports) : null,
      ...card.lines.map((line) => measured(line)),
      h(
        `span.claim-verdict.${card.verdict}`,
        {},
        h('i', {}, SIGN[card.verdict]),
        ' ',
        card.sentence,
      ),
      card.caveat ? h('span.lab-note', {}, card.caveat) : null,
    );
  const groups = [...new Set(cards.map((card) => card.about))].map((about) => ({
    about,
    cards: cards.filter((card) => card.about === about),
  }));
  host.root.replaceChildren(
    ...groups.flatMap((group) => [
      h('h3.claim-group', {}, t(`drafts.about.${group.about}`)),
      h('div.claim-cards', {}, ...group.cards.map((card) => drawn(card))),
    ]),
  );
  const first = open !== (before.get(host.root) ?? null);
  before.set(host.root, open);
  if (open && first) toFigure();
}

/** The figure stands above the cards, and below what a record shows: whoever opens a claim, here or by a link, sees it. */
function toFigure() {
  requestAnimationFrame(() => {
    document.querySelector('#drafts-figure')?.scrollIntoView({ block: 'start' });
  });
}

/**
 * One measured figure: a line with its interval, from 0 to the scale's end.
 * @param {ClaimLine} line
 */
function measured(line) {
  /** @param {number} value */
  const x = (value) => `${100 * Math.max(0, Math.min(1, value / line.scale))}%`;
  return h(
    `span.claim-line${line.control ? '.control' : ''}`,
    {},
    h('span', {}, line.label),
    h(
      'i.track',
      { 'aria-hidden': 'true' },
      h('i.spread', { style: { left: x(line.low), right: `calc(100% - ${x(line.high)})` } }),
      h('i.point', { style: { left: x(line.value) } }),
    ),
    h('b', {}, line.text),
  );
}
