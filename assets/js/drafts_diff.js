// Two-way difference of two texts, word by word: what only the left says, what only the right says.
import { agentName, h, t, tongue } from './widget.js';
import { seen } from './drafts_seen.js';

/** @import { DiffSide } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/** @param {Host<'drafts_diff.js'>} host */
export function draw(host) {
  const { left, right, colors } = host.value;
  host.root.replaceChildren(
    h('div.diff', {}, side(left, 'left', 'del', colors), side(right, 'right', 'ins', colors)),
  );
}

/**
 * @param {DiffSide} one
 * @param {'left' | 'right'} key
 * @param {'del' | 'ins'} tag of what this side alone says
 * @param {{ [agent: string]: string }} colors
 */
function side(one, key, tag, colors) {
  return h(
    'section.drafts-card',
    { style: { '--agent': colors[one.agent] }, 'aria-label': agentName(one.agent) },
    h(
      'header.drafts-head',
      {},
      h('b', {}, agentName(one.agent)),
      h('span', {}, t(`drafts.only_${key}`)),
    ),
    one.pieces.length
      ? h(
          'p.drafts-text',
          { lang: tongue(one.pieces.map((piece) => piece.said).join('')) },
          ...one.pieces.map((piece) => h(piece.same ? 'span' : tag, {}, seen(piece.said))),
        )
      : h('p.lab-note', {}, t('drafts.silent', { agent: agentName(one.agent) })),
  );
}
