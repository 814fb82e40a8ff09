// How many predicted what: bars of choices, or columns of a rate beside what was measured.
import { h, t } from './widget.js';

/** @import { RoomQuestion } from './types.d.ts' */

/** @param {number} value */
const percent = (value) => `${Math.round(value * 10) / 10} %`;

/** @param {RoomQuestion} question */
export function tallyView(question) {
  if (!question.tally) return null;
  return question.choices.length ? bars(question) : columns(question);
}

/** @param {RoomQuestion} question */
function bars(question) {
  const { choices, mine, right } = question;
  const counts = question.tally?.counts ?? [];
  const most = Math.max(1, ...counts);
  return h(
    'ol.room-bars',
    { 'aria-label': t('room.tally') },
    ...choices.map((choice, i) =>
      h(
        `li${i === right ? '.right' : ''}`,
        {},
        h('span.room-choice', {}, i === right ? `✓ ${choice}` : choice),
        h('i', { style: { '--share': `${(100 * counts[i]) / most}%` }, 'aria-hidden': 'true' }),
        h('b', {}, counts[i]),
        mine === i ? h('em', {}, t('room.yours')) : null,
      ),
    ),
  );
}

/** @param {RoomQuestion} question */
function columns({ tally, mine, measured, revealed }) {
  const counts = tally?.counts ?? [];
  const most = Math.max(1, ...counts);
  const step = 100 / counts.length;
  const shown = revealed ? measured : null;
  return h(
    'figure.room-rate',
    { 'aria-label': t('room.tally') },
    h(
      'div.room-columns',
      {},
      ...counts.map((count, i) =>
        h(
          'span',
          { title: `${i * step} to ${(i + 1) * step} %: ${count}` },
          count ? h('b', {}, count) : null,
          h('i', { style: { height: `${(100 * count) / most}%` } }),
        ),
      ),
      shown && shown.low !== null && shown.high !== null
        ? h('span.room-interval', {
            style: { left: `${shown.low}%`, width: `${Math.max(0.5, shown.high - shown.low)}%` },
          })
        : null,
      shown ? h('span.room-measured', { style: { left: `${shown.rate}%` } }) : null,
      mine === null ? null : h('span.room-mine', { style: { left: `${mine}%` } }),
    ),
    h(
      'div.room-axis',
      { 'aria-hidden': 'true' },
      ...[0, 25, 50, 75, 100].map((at) => h('span', { style: { left: `${at}%` } }, `${at} %`)),
    ),
    h(
      'figcaption',
      {},
      shown
        ? h(
            'strong',
            {},
            t(shown.low === null || shown.n === null ? 'room.measured' : 'room.measured_n', {
              rate: percent(shown.rate),
              low: percent(shown.low ?? 0),
              high: percent(shown.high ?? 100),
              n: shown.n ?? 0,
            }),
          )
        : null,
      tally && tally.mean !== null ? ` ${t('room.mean', { mean: percent(tally.mean) })}` : null,
      mine === null ? null : ` ${t('room.mine', { value: percent(mine) })}`,
    ),
  );
}
