// Beside an own question: which words the model was never taught, questions that it can answer, and who knows more words.
import { changed, h, state, t, tongue } from './widget.js';

/** @import { OwnExample, OwnPiece } from './types.d.ts' */
/** @typedef {import('./widget.js').Host<'own.js'>} OwnHost */

/** @param {OwnHost} host */
export function clear(host) {
  delete host.root.dataset.key;
}

/** @param {OwnHost} host */
export function draw(host) {
  const { value, root, trigger } = host;
  if (!changed(root, [value, state.language])) return;
  if (!value.host) {
    root.replaceChildren();
    return;
  }
  const strange = value.typed.length > 0;
  const offers = value.offers.map(({ name, title }) =>
    h(
      'button.own-offer',
      { type: 'button', onclick: () => trigger('other', { name }) },
      t('own.offer', { title }),
    ),
  );
  root.replaceChildren(
    h(
      'div.own',
      { role: 'note' },
      ...(strange ? typed(value.host, value.typed) : []),
      ...(strange && offers.length
        ? offers
        : [h('p.lab-note', {}, t(strange ? 'own.none_here' : 'own.worlds', { host: value.host }))]),
      h('p.lab-note', {}, t('own.try')),
      ...value.examples.map((one, number) => example(one, () => trigger('fill', { number }))),
    ),
  );
}

/**
 * @param {string} host
 * @param {OwnPiece[]} pieces
 */
function typed(host, pieces) {
  const text = pieces.map((piece) => piece.text).join('');
  return [
    h('p.own-strange', {}, t('own.strange', { host })),
    h(
      'p.own-typed',
      { lang: tongue(text) },
      ...pieces.map((piece) => h(piece.known ? 'span' : 'u', {}, piece.text)),
    ),
  ];
}

/**
 * @param {OwnExample} one
 * @param {() => void} fill
 */
function example({ facts, question }, fill) {
  return h(
    'button.own-example',
    { type: 'button', lang: 'en', onclick: fill },
    facts ? h('span', {}, `${facts} `) : null,
    h('b', {}, question),
  );
}
