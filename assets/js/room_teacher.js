// The room as a teacher sees it: the bar, the question with its tally, who is here, limits and ends.
import { inFront, roomAddress } from './room_link.js';
import { button, dialog, field, limitFields, refresh, twice } from './room_parts.js';
import { tallyView } from './room_tally.js';
import { h, t } from './widget.js';

/** @import { RoomQuestion, RoomState, RoomValue, SeatView } from './types.d.ts' */
/** @import { Hands } from './room_student.js' */

/**
 * @param {{ bar: HTMLElement, question: HTMLElement, people: HTMLElement }} boxes
 * @param {RoomState} now
 * @param {Hands} hands
 * @param {RoomValue} value
 */
export function drawTeacher(boxes, now, hands, value) {
  const students = now.teacher?.students ?? [];
  const present = students.filter((seat) => seat.here).length;
  const facts = [now.code, now.pace, now.paused, now.closed, present, students.length];
  refresh(boxes.bar, facts, () => bar(now, present, hands, value));
  const { question } = now;
  refresh(boxes.question, [question?.id, question?.revealed, now.closed], () =>
    question ? [questionPanel(now, question, hands)] : [],
  );
  refresh(boxes.people, [now.code, now.closed], () => [more(now, hands)]);
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement | null} */ (boxes.people.parentElement?.querySelector(`.${name}`));
  const inner = /** @type {[string, unknown, () => (Node | null)[]][]} */ ([
    ['room-tally', question?.tally, () => (question ? [tallyView(question)] : [])],
    [
      'room-answered',
      [question?.tally?.answered, now.students],
      () => [
        document.createTextNode(
          t('room.answered', { n: question?.tally?.answered ?? 0, of: now.students }),
        ),
      ],
    ],
    [
      'room-minutes',
      now.minutes_left,
      () => [h('span', {}, t('room.more', { minutes: now.minutes_left }))],
    ],
    ['room-who', now.teacher, () => [people(now, hands)]],
    ['room-limits', now.limit, () => (now.closed ? [] : [limits(now, hands)])],
  ]);
  for (const [name, data, make] of inner) {
    const box = part(name);
    if (box) refresh(box, data, make);
  }
}

/**
 * @param {RoomState} now
 * @param {number} present
 * @param {Hands} hands
 * @param {RoomValue} value
 */
function bar(now, present, hands, value) {
  const count = h(
    'span.room-state',
    { role: 'status' },
    t(now.closed ? 'room.closed' : 'room.here', { here: present, joined: now.students }),
  );
  if (now.closed) return [h('span.room-code', {}, now.code), count];
  const pace = (/** @type {'free' | 'together'} */ name) =>
    button(`pace_${name}`, () => void hands.act('pace', { pace: name }), {
      pressed: now.pace === name,
    });
  return [
    h('span.room-code', {}, now.code),
    button('show_code', () => showCode(now, hands, value)),
    count,
    h('span.room-gap'),
    h(
      'span.room-switch',
      { role: 'group', 'aria-label': t('room.pace') },
      pace('free'),
      pace('together'),
    ),
    button(
      now.paused ? 'resume' : 'pause',
      () => void hands.act('pause', { paused: !now.paused }),
      {
        pressed: now.paused,
      },
    ),
    button('push', async () => {
      await hands.act('push', { address: inFront() });
      hands.say(t('room.pushed'));
    }),
    button('ask', () => askDialog(hands, value), { strong: true }),
  ];
}

/**
 * @param {RoomState} now
 * @param {RoomValue} value
 */
export function joinLink(now, value) {
  const { origin, pathname } = new URL(value.address || location.href);
  const base = origin + pathname;
  return { base, link: `${base}?room=${now.code}` };
}

/**
 * @param {RoomState} now
 * @param {Hands} hands
 * @param {RoomValue} value
 */
function showCode(now, hands, value) {
  const { base, link } = joinLink(now, value);
  const alone = /^https?:\/\/(localhost|127\.)/.test(base);
  const picture = roomAddress(`/${now.code}/join.svg?base=${encodeURIComponent(base)}`);
  dialog(
    hands.root,
    t('room.join_at'),
    h(
      'div.room-poster',
      {},
      h('img', { src: picture, alt: t('room.qr', { link }) }),
      h(
        'div',
        {},
        h('p.room-link', {}, link),
        h('p.room-big', { 'aria-label': now.code }, now.code),
        alone ? h('p.lab-error', {}, t('room.alone')) : null,
      ),
    ),
  );
}

/**
 * @param {Hands} hands
 * @param {RoomValue} value
 */
function askDialog(hands, value) {
  const text = h('textarea', { rows: 3, maxlength: 300, required: true, id: 'room-ask-text' });
  const options = h('textarea', {
    rows: 4,
    id: 'room-ask-choices',
    placeholder: t('room.ask_choices_hint'),
  });
  const about = h('input', { type: 'checkbox', checked: true });
  const wrong = h('p.lab-error', { role: 'alert', hidden: true });
  const ready = h(
    'select',
    { id: 'room-ready' },
    h('option', { value: '' }, t('room.ask_own')),
    ...value.ready.map((question, i) => h('option', { value: i }, question.text)),
  );
  ready.addEventListener('change', () => {
    const taken = ready.value ? value.ready[Number(ready.value)] : null;
    text.value = taken ? taken.text : '';
    for (const own of [text, options]) own.disabled = Boolean(taken);
  });
  const form = h(
    'form',
    {
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        const address = about.checked ? hands.here() : '';
        const taken = ready.value ? value.ready[Number(ready.value)] : null;
        const choices = options.value
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean);
        try {
          await hands.act(
            'ask',
            taken
              ? { ...taken, address: taken.address || address }
              : { text: text.value, choices, address },
          );
          made.close();
        } catch (error) {
          wrong.hidden = false;
          wrong.textContent = /** @type {Error} */ (error).message;
        }
      },
    },
    field('room.ask_ready', ready),
    field('room.ask_text', text),
    field('room.ask_choices', options),
    field('room.ask_about', about),
    wrong,
    h('button.room-button.strong', { type: 'submit' }, t('room.ask_now')),
  );
  const made = dialog(hands.root, t('room.ask'), form);
  text.focus();
}

/**
 * @param {RoomState} now
 * @param {RoomQuestion} question
 * @param {Hands} hands
 */
function questionPanel(now, question, hands) {
  return h(
    `section.room-card${question.revealed ? '.revealed' : ''}`,
    { 'aria-label': t('room.question') },
    h('h2', {}, question.text),
    h('div.room-tally'),
    h(
      'div.room-row',
      {},
      h('span.room-state.room-answered', { role: 'status' }),
      question.address ? button('see', () => hands.go(question.address)) : null,
      ...(question.revealed || now.closed ? [] : revealFields(question, hands)),
    ),
  );
}

/**
 * @param {RoomQuestion} question
 * @param {Hands} hands
 */
function revealFields(question, hands) {
  if (question.choices.length) {
    const right = h(
      'select',
      { data: { name: 'right' } },
      h('option', { value: '' }, t('room.right_none')),
      ...question.choices.map((choice, i) => h('option', { value: i }, choice)),
    );
    return [
      field('room.right', right),
      button(
        'reveal',
        () =>
          void hands.act('reveal', {
            question: question.id,
            right: right.value === '' ? null : Number(right.value),
          }),
        { strong: true },
      ),
    ];
  }
  const known = question.measured;
  const rate = h('input', {
    type: 'number',
    min: 0,
    max: 100,
    step: 'any',
    value: known?.rate ?? null,
    data: { name: 'rate' },
  });
  return [
    field('room.rate_measured', rate),
    button(
      'reveal',
      () => {
        const typed = rate.value !== '' && Number(rate.value) !== known?.rate;
        const measured = typed ? { rate: Number(rate.value) } : null;
        void hands.act('reveal', { question: question.id, measured });
      },
      { strong: true },
    ),
  ];
}

/**
 * @param {RoomState} now
 * @param {Hands} hands
 */
function more(now, hands) {
  const file = `room-${now.code}.csv`;
  const link = roomAddress(`/${now.code}/results.csv`);
  const open = now.closed
    ? []
    : [
        button('invite', () => void invite(now, hands)),
        twice('reset', () => void hands.act('reset')),
        twice('close', () => void hands.act('close')),
      ];
  return h(
    'details.room-more',
    { open: now.closed },
    h('summary.room-minutes'),
    h(
      'div.room-grid',
      {},
      h('section', {}, h('h3', {}, t('room.people')), h('div.room-who')),
      h('div.room-limits'),
      h(
        'section.room-manage',
        {},
        h('h3', {}, t('room.manage')),
        h('a.room-button', { href: link, download: file, data: { name: 'csv' } }, t('room.csv')),
        ...open,
        twice('delete', () => void hands.act('delete')),
        h('p.room-note', {}, t('room.kept', { hours: now.deleted_after_hours })),
      ),
    ),
  );
}

/**
 * @param {RoomState} now
 * @param {Hands} hands
 */
function limits(now, hands) {
  const { fields, read } = limitFields(now.limit);
  return h(
    'form',
    {
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        await hands.act('limit', read());
        hands.say(t('room.limit.saved'));
      },
    },
    h('h3', {}, t('room.limits')),
    ...fields,
    h('button.room-button', { type: 'submit' }, t('room.limit.save')),
  );
}

/**
 * @param {RoomState} now
 * @param {Hands} hands
 */
async function invite(now, hands) {
  const secret = await hands.act('invite');
  const link = `${location.origin}${location.pathname}?room=${now.code}#teacher=${secret}`;
  const shown = h('input', {
    type: 'text',
    readonly: true,
    value: link,
    'aria-label': t('room.invite'),
  });
  dialog(hands.root, t('room.invite'), h('p', {}, t('room.invite_text')), shown);
  shown.select();
}

/**
 * @param {RoomState} now
 * @param {Hands} hands
 */
function people(now, hands) {
  const view = now.teacher;
  if (!view?.students.length) return h('p.room-note', {}, t('room.nobody'));
  /** @param {SeatView} seat */
  const line = (seat) =>
    h(
      'li',
      {},
      h(`i${seat.here ? '.here' : ''}`, { title: t(seat.here ? 'room.is_here' : 'room.is_away') }),
      h('span', {}, seat.name),
      seat.waits ? h('em', {}, t('room.waits')) : null,
      seat.where ? place(seat.where, hands) : null,
    );
  return h(
    'div',
    {},
    h('ul.room-people', {}, ...view.students.map(line)),
    view.handed_in.length ? h('h3', {}, t('room.handed')) : null,
    h(
      'ul.room-people',
      {},
      ...view.handed_in.map(({ name, record }) =>
        h(
          'li',
          {},
          h('span', {}, name),
          h(
            'button.room-where',
            {
              type: 'button',
              onclick: () => hands.go(`record=${encodeURIComponent(record)}&tab=side_by_side`),
            },
            record,
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {string} where
 * @param {Hands} hands
 */
function place(where, hands) {
  const tab = new URLSearchParams(where).get('tab') ?? '';
  const name = document.querySelector(
    `#lab-tabs button[role="tab"][data-tab-id="${CSS.escape(tab)}"]`,
  );
  return h(
    'button.room-where',
    { type: 'button', title: where, onclick: () => hands.go(where) },
    name?.textContent?.trim() || tab || t('room.see'),
  );
}
