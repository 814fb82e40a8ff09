// Two-way difference of two texts, word by word: what only the left says, what only the right says.
import { h, t } from './widget.js';
import { seen } from './drafts_seen.js';

export function draw(host) {
  const { left, right, ops, colors } = host.value;
  host.root.replaceChildren(
    h(
      'div.diff',
      {},
      side(left, 'left', 'del', ops, colors),
      side(right, 'right', 'ins', ops, colors),
    ),
  );
}

function side(one, key, tag, ops, colors) {
  const parts = ops
    .filter((op) => op[key][0] < op[key][1])
    .map((op) => {
      const text = seen(one.text.slice(op[key][0], op[key][1]));
      return op.kind === 'equal' ? h('span', {}, text) : h(tag, {}, text);
    });
  return h(
    'section.drafts-card',
    { style: { '--agent': colors[one.agent] }, 'aria-label': one.agent },
    h('header.drafts-head', {}, h('b', {}, one.agent), h('span', {}, t(`drafts.only_${key}`))),
    one.text
      ? h('p.drafts-text', {}, ...parts)
      : h('p.lab-note', {}, t('drafts.silent', { agent: one.agent })),
  );
}
