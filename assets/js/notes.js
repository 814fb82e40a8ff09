// Sentences under a figure, and the honesty strip: each measure as a bar beside the same bar for shuffled data.
import { numeral } from './numbers.js';
import { h, t } from './widget.js';

/** @import { HonestyView } from './types.d.ts' */

/**
 * @param {string} label
 * @param {number} value
 * @param {string} kind
 */
function bar(label, value, kind) {
  const width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return h(
    'div.note-bar',
    {},
    h('span', {}, label),
    h(`i.${kind}`, { style: { '--share': width } }),
    h('b', {}, numeral(value)),
  );
}

/** @param {HonestyView} honesty */
function strip(honesty) {
  return h(
    'section.note-honesty',
    { 'aria-label': t('notes.honesty') },
    h('h3', {}, t('notes.honesty'), h('span', {}, t('notes.measured', { n: honesty.n }))),
    h(
      'div.note-measures',
      {},
      ...honesty.measures.map((m) =>
        h(
          'div.note-measure',
          {},
          h('p', {}, m.name),
          bar(t('notes.this'), m.value, 'real'),
          bar(t('notes.shuffled'), m.shuffled, 'control'),
        ),
      ),
    ),
    h('p.note-verdict', {}, honesty.sentence),
  );
}

/** @param {import('./widget.js').Host<'notes.js'>} host */
export function draw(host) {
  const { lines, honesty, strong } = host.value;
  host.root.replaceChildren(
    h(
      'div.notes',
      {},
      strong ? h('p.note-strong', {}, strong) : null,
      honesty ? strip(honesty) : null,
      ...lines.map((line) => h('p.lab-note', {}, line)),
    ),
  );
}
