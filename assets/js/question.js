// Above the pictures of a record: its question, the right answer, and what each lane made of it.
import { notebookLink } from './command.js';
import { h, tongue } from './widget.js';

/** @param {import('./widget.js').Host<'question.js'>} host */
export function draw(host) {
  const { question, truth, answers, record } = host.value;
  host.root.replaceChildren(
    ...(question
      ? [
          h(
            'p.lab-question',
            {},
            h('strong', { lang: tongue(question) }, question),
            truth
              ? h('span', {}, `${host.t('lanes.truth')} `, h('b', { lang: tongue(truth) }, truth))
              : null,
            ...answers.map(({ title, correct }) =>
              h(
                'span',
                {},
                h(
                  `b.${correct === true ? 'right' : correct === false ? 'wrong' : 'open'}`,
                  {},
                  correct === true ? '✓' : correct === false ? '✗' : '·',
                ),
                ` ${title}`,
              ),
            ),
            record ? notebookLink(host.t, record) : null,
          ),
        ]
      : []),
  );
}
