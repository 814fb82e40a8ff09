// The room as a student sees it: who one is, the question with large buttons, the result.
import { insist, shown } from './room_link.js';
import { button, field, refresh, twice } from './room_parts.js';
import { tallyView } from './room_tally.js';
import { h, t } from './widget.js';

/** @import { RoomQuestion, RoomState } from './types.d.ts' */
/** @import { RoomError } from './room_link.js' */

/**
 * What the room's parts may do.
 * @typedef {object} Hands
 * @property {HTMLElement} root
 * @property {(action: string, body?: object) => Promise<string>} act do it; an invitation, or nothing
 * @property {(text: string) => void} say a sentence under the bar
 * @property {(state: RoomState | null) => void} show what the server answered
 * @property {(view: string) => void} go bring this page to a view
 * @property {() => string} here the view on this screen
 */

/**
 * @param {{ bar: HTMLElement, question: HTMLElement, people: HTMLElement }} boxes
 * @param {RoomState} now
 * @param {Hands} hands
 */
export function drawStudent(boxes, now, hands) {
  const away = now.pace === 'together' && now.view_number > 0 && !shown(now.view);
  const record = new URLSearchParams(hands.here()).get('record');
  refresh(boxes.bar, [now.code, now.name, now.pace, now.paused, now.closed, away, record], () => [
    h('span.room-code', {}, now.code),
    h('strong.room-name', {}, now.name),
    h(
      'span.room-state',
      { role: 'status' },
      t(`room.${now.closed ? 'closed' : now.paused ? 'paused' : now.pace}`),
    ),
    h('span.room-gap'),
    away && !now.closed ? button('back', () => hands.go(now.view), { strong: true }) : null,
    record && !now.closed ? button('hand_in', () => handIn(hands, record)) : null,
    twice('leave', () => void hands.act('leave')),
    now.paused && !now.closed ? h('p.room-halt', { role: 'alert' }, t('room.halt')) : null,
  ]);
  refresh(boxes.question, [now.question, now.paused, now.closed], () =>
    now.question ? [questionCard(now, now.question, hands)] : [],
  );
  refresh(boxes.people, [], () => []);
}

/**
 * @param {Hands} hands
 * @param {string} record
 */
async function handIn(hands, record) {
  await hands.act('hand-in', { record });
  hands.say(t('room.handed_in'));
}

/**
 * @param {RoomState} now
 * @param {RoomQuestion} question
 * @param {Hands} hands
 */
function questionCard(now, question, hands) {
  const open = !question.revealed && !now.closed;
  const note = h('p.room-note', { role: 'status' });
  /** @param {number} value */
  const predict = async (value) => {
    note.textContent = t('room.sending');
    try {
      const body = { question: question.id, value };
      const reply = await insist(`/${now.code}/predict`, body, (error) => {
        note.textContent = error.message;
      });
      hands.show(reply.state);
    } catch (error) {
      note.textContent = /** @type {RoomError} */ (error).message;
    }
  };
  note.textContent = !open
    ? ''
    : question.mine === null
      ? t('room.predict')
      : t('room.predicted', { value: spoken(question) });
  return h(
    `section.room-card${question.revealed ? '.revealed' : ''}`,
    { 'aria-label': t('room.question') },
    h('h2', {}, question.text),
    open
      ? question.choices.length
        ? choices(question, now.paused, predict)
        : rate(question, now.paused, predict)
      : tallyView(question),
    note,
    question.address && !now.paused
      ? h(
          'div.room-row',
          {},
          button('see', () => hands.go(question.address)),
        )
      : null,
  );
}

/** @param {RoomQuestion} question */
const spoken = ({ choices: texts, mine }) => (texts.length ? texts[mine ?? 0] : `${mine} %`);

/**
 * @param {RoomQuestion} question
 * @param {boolean} paused
 * @param {(value: number) => void} predict
 */
function choices(question, paused, predict) {
  return h(
    'div.room-choices',
    { role: 'group' },
    ...question.choices.map((choice, i) =>
      h(
        'button.room-pick',
        {
          type: 'button',
          disabled: paused,
          data: { name: `pick-${i}` },
          'aria-pressed': String(question.mine === i),
          onclick: () => predict(i),
        },
        choice,
      ),
    ),
  );
}

/**
 * @param {RoomQuestion} question
 * @param {boolean} paused
 * @param {(value: number) => void} predict
 */
function rate(question, paused, predict) {
  const shown = h('output', {}, question.mine === null ? '?' : `${question.mine} %`);
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: 100,
    step: 1,
    value: question.mine ?? 50,
    disabled: paused,
    'aria-label': t('room.rate'),
    oninput: () => {
      shown.textContent = `${slider.value} %`;
      send.disabled = paused;
    },
  });
  const send = button('send', () => predict(Number(slider.value)), {
    strong: true,
    disabled: paused || question.mine === null,
  });
  if (question.mine === null) slider.classList.add('untouched');
  slider.addEventListener('input', () => slider.classList.remove('untouched'));
  return h('div.room-slider', {}, h('div', {}, slider, shown), send);
}

/**
 * The way in: a name or an animal.
 * @param {{ bar: HTMLElement, question: HTMLElement, people: HTMLElement }} boxes
 * @param {RoomState} now
 * @param {(name: string) => void} join
 * @param {() => void} leave
 */
export function drawStranger(boxes, now, join, leave) {
  refresh(boxes.bar, [now.code, now.closed], () => [
    h('span.room-code', {}, now.code),
    h('span.room-state', {}, t(now.closed ? 'room.closed' : 'room.stranger')),
    h('span.room-gap'),
    button('forget', leave),
  ]);
  refresh(boxes.question, ['join', now.closed], () => {
    if (now.closed) return [];
    const name = h('input', { type: 'text', maxlength: 24, autocomplete: 'off', id: 'room-name' });
    return [
      h(
        'form.room-card.room-join',
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            join(name.value);
          },
        },
        h('h2', {}, t('room.join_title', { code: now.code })),
        field('room.your_name', name),
        h(
          'div.room-row',
          {},
          h('button.room-button.strong', { type: 'submit' }, t('room.join')),
          button('animal', () => join('')),
        ),
        h('p.room-note', {}, t('room.privacy', { hours: now.deleted_after_hours })),
      ),
    ];
  });
  refresh(boxes.people, [], () => []);
}
