// What a model said: each word underlined by its own probability, the number on hover and for screen readers.
import { percent } from './numbers.js';
import { h, t, tongue } from './widget.js';

/** @import { SpokenWord } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/** @param {SpokenWord} word */
function word({ text, p }) {
  return h(
    'span.spoken-word',
    { title: percent(p), lang: tongue(text), style: { '--sure': String(Math.max(0.08, p)) } },
    text.replaceAll('␣', ' '),
  );
}

/** @param {Host<'spoken.js'>} host */
export function draw(host) {
  const { model, prompt, words, truth, correct } = host.value;
  const verdict =
    correct === null
      ? null
      : h(
          `b.${correct ? 'good' : 'bad'}`,
          {},
          `${correct ? '✓' : '✗'} ${t('models.truth', { truth })}`,
        );
  host.root.replaceChildren(
    h(
      'div.spoken',
      {},
      h('p.lab-note', {}, `${t('models.prompt')}: `, h('span', { lang: tongue(prompt) }, prompt)),
      h('p.spoken-text', {}, h('small', {}, model), ...words.map(word), verdict),
    ),
  );
}
