// Lessons: the list, the scenes of the one that is open, and in each a prediction before the figures.
import { ask } from './room_link.js';
import { changed, h, listen, state, t } from './widget.js';

/** @import { LessonBar, LessonEntry, LessonFigure, LessonsValue, Revealed, RoomState, SceneCard } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'lessons.js'>} Lessons */

const FULL = 'lesson-full';
/** @type {RoomState | null} The room that this browser is in. */
let room = null;
/** The question of the room whose prediction was taken over. */
let taken = 0;

/** @param {Lessons} host */
export function setup(host) {
  listen('room-now', (now) => {
    const before = inRoom();
    room = now;
    if (host.value && host.root.isConnected && inRoom() !== before) draw(host);
  });
  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!isFull() || target.closest('input, select, textarea, dialog')) return;
    if (event.key === 'Escape') full(false);
    if (event.key === 'ArrowRight') step(host, 1);
    if (event.key === 'ArrowLeft') step(host, -1);
  });
  document.addEventListener('fullscreenchange', () => {
    if (!document.fullscreenElement) full(false);
  });
}

/** @param {Lessons} host */
export function draw(host) {
  const { root, value } = host;
  if (!root.querySelector('.lessons'))
    root.replaceChildren(
      h(
        'div.lessons',
        {},
        h('div.lessons-head'),
        h('section.lesson-card', { 'aria-label': t('lesson.scene_name') }),
        h('p.lesson-working', { role: 'status' }),
        h('div.lesson-foot'),
      ),
    );
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (root.querySelector(`.${name}`));
  const { lesson, scene, card, done, entries } = value;
  if (changed(part('lessons-head'), [lesson, scene, done, entries, state.language]))
    part('lessons-head').replaceChildren(...head(host));
  if (changed(part('lesson-card'), [lesson, scene, card, inRoom(), state.language]))
    part('lesson-card').replaceChildren(...cardOf(host, card));
  if (changed(part('lesson-foot'), [lesson, scene, card, state.language, Boolean(value.working)]))
    part('lesson-foot').replaceChildren(...foot(host));
  part('lesson-working').textContent = value.working;
  takeOver(host);
}

/** Who one is in the room, and what was asked there: what the card depends on. */
function inRoom() {
  if (!room || room.closed || room.role === 'stranger') return '';
  const { role, code, pace, question } = room;
  return `${role} ${code} ${pace} ${question?.id ?? 0} ${question?.revealed ?? ''}`;
}

/**
 * Whether the scene in front is the teacher's to open: in the lesson that the class is asked from, all
 * scenes from the open question on; while all go together, every lesson.
 * @param {LessonsValue} value
 */
function isTeachers({ lesson, scene }) {
  if (room?.role !== 'student' || room.closed) return false;
  const asked = new URLSearchParams(room.question?.address ?? '');
  const at = Number(asked.get('lesson.scene')) - 1;
  if (asked.get('lesson.name') !== lesson || !(at >= 0)) return room.pace === 'together';
  return scene > at || (scene === at && !room.question?.revealed);
}

/**
 * What was predicted in the room counts here as well, so that its result opens the scene.
 * @param {Lessons} host
 */
function takeOver(host) {
  const question = room?.question;
  const mine = question?.mine ?? null;
  if (room?.role !== 'student' || mine === null || !question?.revealed) return;
  const { card } = host.value;
  if (question.address !== sceneAddress(host.value) || question.text !== card.ask) return;
  if (card.guess !== null || taken === question.id) return;
  taken = question.id;
  host.trigger('guess', { value: mine });
}

/** @param {LessonsValue} value */
const sceneAddress = ({ lesson, scene }) =>
  `tab=lessons&lesson.name=${lesson}&lesson.scene=${scene + 1}`;

/** @param {Lessons} host */
export function clear(host) {
  host.root.replaceChildren();
}

// --- the list and the way through a lesson -----------------------------------------------------------------------

/** @param {LessonEntry | LessonsValue} entry */
const numbered = ({ number, title }) => (number ? `${number} · ${title}` : title);

/** @param {number} seconds */
const minutes = (seconds) =>
  seconds < 120
    ? t('lesson.seconds', { n: seconds })
    : t('lesson.minutes', { n: Math.round(seconds / 60) });

/** @param {Lessons} host */
function head(host) {
  const { value } = host;
  const list = h(
    'details.lessons-list',
    {},
    h('summary', {}, t('lesson.all', { n: value.entries.length })),
    h(
      'ol',
      {},
      ...value.entries.map((entry) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              'aria-current': entry.open ? 'true' : null,
              onclick: () => {
                list.open = false;
                host.trigger('scene', { lesson: entry.name, scene: 0 });
              },
            },
            h('b', {}, numbered(entry)),
            h('span', {}, entry.about),
            h(
              'small',
              {},
              `${t('lesson.scenes', { n: entry.scenes })} · ${minutes(entry.seconds)}`,
            ),
          ),
        ),
      ),
    ),
  );
  return [
    h(
      'div.lesson-title',
      {},
      h('h3', {}, numbered(value)),
      sheet(value.lesson, 'worksheet'),
      sheet(value.lesson, 'teacher'),
      h(
        'button.room-button',
        { type: 'button', data: { name: 'full' }, onclick: () => full(!isFull()) },
        t('lesson.full'),
      ),
    ),
    h('p.lesson-about', {}, value.about),
    list,
    steps(host),
  ];
}

/**
 * @param {string} lesson
 * @param {'worksheet' | 'teacher'} kind
 */
function sheet(lesson, kind) {
  const path = `lab/lesson/${encodeURIComponent(lesson)}/${kind}.html?lang=${state.language}`;
  const href = new URL(path, document.baseURI).href;
  return h(
    `a.room-button.lesson-sheet-${kind}`,
    { href, target: '_blank', rel: 'noopener' },
    t(`lesson.${kind}`),
  );
}

/** @param {Lessons} host */
function steps(host) {
  const { value } = host;
  return h(
    'ol.lesson-steps',
    { 'aria-label': t('lesson.steps') },
    ...value.done.map((done, i) =>
      h(
        'li',
        {},
        h(
          `button${done ? '.done' : ''}`,
          {
            type: 'button',
            'aria-current': i === value.scene ? 'step' : null,
            'aria-label': t(done ? 'lesson.step_done' : 'lesson.step', { n: i + 1 }),
            onclick: () => host.trigger('scene', { lesson: value.lesson, scene: i }),
          },
          i + 1,
        ),
      ),
    ),
  );
}

/**
 * @param {Lessons} host
 * @param {number} by
 */
function step(host, by) {
  const { lesson, scene, done } = host.value;
  const to = scene + by;
  if (to >= 0 && to < done.length) host.trigger('scene', { lesson, scene: to });
}

function isFull() {
  return document.documentElement.classList.contains(FULL);
}

/** @param {boolean} on */
function full(on) {
  document.documentElement.classList.toggle(FULL, on);
  if (on) void document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) void document.exitFullscreen();
}

/** @param {Lessons} host */
function foot(host) {
  const { value } = host;
  const last = value.scene + 1 === value.done.length;
  const known = value.card.guess !== null;
  const to = last
    ? () => host.trigger('scene', { lesson: value.next, scene: 0 })
    : () => step(host, 1);
  return [
    h(
      'button.room-button',
      {
        type: 'button',
        data: { name: 'back' },
        disabled: value.scene === 0,
        onclick: () => step(host, -1),
      },
      t('lesson.back'),
    ),
    h('span.room-gap'),
    last && !value.next
      ? null
      : h(
          `button.room-button${known ? '.strong' : ''}`,
          { type: 'button', data: { name: 'next' }, onclick: to },
          t(last ? 'lesson.next_lesson' : 'lesson.next'),
        ),
  ].filter((node) => node !== null);
}

// --- one scene -------------------------------------------------------------------------------------------------

/**
 * @param {Lessons} host
 * @param {SceneCard} card
 */
function cardOf(host, card) {
  const { value } = host;
  const asked = inRoom() !== '' && room?.question?.address === sceneAddress(value);
  const open = asked && !room?.question?.revealed;
  if (isTeachers(value) && !card.revealed)
    return [
      h('h3.lesson-ask', {}, card.ask),
      h('p.lesson-take', {}, t(open ? 'lesson.in_room' : 'lesson.wait_teacher')),
    ];
  return [
    h(
      'p.lesson-place',
      {},
      t('lesson.place', { n: value.scene + 1, of: value.done.length, time: minutes(card.seconds) }),
    ),
    h('h3.lesson-ask', {}, card.ask),
    card.choices.length ? choices(host, card) : card.revealed ? null : rate(host),
    card.revealed ? null : h('p.room-note', {}, t('lesson.first')),
    room?.role === 'teacher' && inRoom() ? asking(host, open) : null,
    ...(card.revealed ? shown(host, card, card.revealed) : []),
  ].filter((node) => node !== null);
}

/**
 * The teacher opens the question in the room; the tally then stands in the strip above.
 * @param {Lessons} host
 * @param {boolean} open
 */
function asking({ value }, open) {
  const told = h('span.room-note', { role: 'status' }, open ? t('lesson.asked') : '');
  const send = async () => {
    try {
      await ask(`/${room?.code}/scene`, { lesson: value.lesson, scene: value.scene });
      told.textContent = t('lesson.asked');
    } catch (error) {
      told.textContent = /** @type {Error} */ (error).message;
    }
  };
  const attributes = { type: 'button', data: { name: 'ask-scene' }, onclick: send };
  return h('div.room-row', {}, h('button.room-button', attributes, t('lesson.ask')), told);
}

/**
 * @param {Lessons} host
 * @param {SceneCard} card
 */
function choices(host, card) {
  const right = card.revealed?.right ?? null;
  return h(
    'div.room-choices.lesson-choices',
    { role: 'group', 'aria-label': t('lesson.choices') },
    ...card.choices.map((text, i) => {
      const mine = card.guess === i;
      const mark = right === i ? '✓ ' : mine && right !== null ? '✗ ' : '';
      return h(
        `button.room-pick${right === i ? '.right' : ''}`,
        {
          type: 'button',
          disabled: card.revealed !== null,
          'aria-pressed': String(mine),
          data: { name: `pick-${i}` },
          onclick: () => host.trigger('guess', { value: i }),
        },
        `${mark}${text}`,
        mine && right !== null ? h('small', {}, ` ${t('lesson.yours')}`) : null,
      );
    }),
  );
}

/** @param {Lessons} host */
function rate(host) {
  const told = h('output', {}, '–');
  const slider = h('input.untouched', {
    type: 'range',
    min: 0,
    max: 100,
    step: 1,
    value: 50,
    'aria-label': t('lesson.rate'),
    'aria-valuetext': t('lesson.rate_none'),
    oninput: () => touched(),
    onpointerdown: () => touched(),
  });
  const touched = () => {
    slider.classList.remove('untouched');
    slider.setAttribute('aria-valuetext', `${slider.value} %`);
    told.textContent = `${slider.value} %`;
    send.disabled = false;
  };
  const send = h(
    'button.room-button.strong',
    {
      type: 'button',
      disabled: true,
      data: { name: 'predict' },
      onclick: () => host.trigger('guess', { value: Number(slider.value) }),
    },
    t('lesson.predict'),
  );
  return h(
    'div.room-slider.lesson-slider',
    {},
    h('div', {}, slider, told),
    h('div.lesson-scale', { 'aria-hidden': 'true' }, ...['0 %', '50 %', '100 %'].map(span)),
    send,
  );
}

/** @param {string} text */
const span = (text) => h('span', {}, text);

/**
 * @param {Lessons} host
 * @param {SceneCard} card
 * @param {Revealed} found
 */
function shown(host, card, found) {
  const mine = card.choices.length ? null : card.guess;
  const n = found.bars.find((bar) => bar.role === 'asked')?.recorded.n ?? 0;
  return [
    h('p.lesson-told', { role: 'status' }, found.told),
    h(
      'figure.lesson-figure',
      {},
      h('figcaption', {}, t('lesson.figure', { metric: found.metric, n })),
      ...found.bars.map((bar) => row(bar, found, bar.role === 'asked' ? mine : null)),
      found.scale === 1 ? axis() : null,
      legend(found, mine),
    ),
    found.agrees ? h('p.lesson-agrees', { role: 'status' }, found.agrees) : null,
    h('p.lesson-take', {}, h('b', {}, t('lesson.take')), ' ', found.take),
    h(
      'div.room-row',
      {},
      found.measurable
        ? h(
            'button.room-button',
            {
              type: 'button',
              data: { name: 'measure' },
              onclick: () => host.trigger('measure', {}),
            },
            t(found.agrees ? 'lesson.again' : 'lesson.measure', { n: host.value.problems }),
          )
        : h('span.room-note', {}, found.only_recorded),
      h(
        'button.room-button',
        {
          type: 'button',
          data: { name: 'look' },
          title: card.look,
          onclick: () => {
            full(false);
            host.trigger('look', { lesson: host.value.lesson, scene: host.value.scene });
          },
        },
        t('lesson.look'),
      ),
      h('span.room-note', {}, card.look),
    ),
    h('p.lab-caption', {}, found.source),
  ].filter((node) => node !== null);
}

// --- the figure ------------------------------------------------------------------------------------------------

/**
 * @param {LessonBar} bar
 * @param {Revealed} found
 * @param {number | null} mine
 */
function row(bar, found, mine) {
  const at = (/** @type {number} */ x) => `${Math.max(0, Math.min(1, x / found.scale)) * 100}%`;
  const wide = (/** @type {LessonFigure} */ one) =>
    `${Math.max(0, Math.min(1, (one.high - one.low) / found.scale)) * 100}%`;
  const { recorded, live } = bar;
  const right = bar.option !== null && bar.option === found.right;
  const name = live ? t('lesson.row_live', { live: live.text, interval: live.interval }) : '';
  return h(
    `div.lesson-row.${bar.role}`,
    {
      role: 'group',
      'aria-label': `${bar.label}: ${recorded.text} ${recorded.interval} ${name}`,
    },
    h('span.lesson-label', {}, right ? `✓ ${bar.label}` : bar.label),
    h(
      'span.lesson-track',
      { 'aria-hidden': 'true' },
      h('i.lesson-bar', { style: { width: at(recorded.value) } }),
      h('i.lesson-range', { style: { left: at(recorded.low), width: wide(recorded) } }),
      live ? h('i.lesson-live-range', { style: { left: at(live.low), width: wide(live) } }) : null,
      live ? h('i.lesson-live', { style: { left: at(live.value) } }) : null,
      mine === null ? null : h('i.lesson-mine', { style: { left: `${mine}%` } }),
    ),
    h(
      'span.lesson-number',
      {},
      h('b', {}, recorded.text),
      h('small', {}, ` ${recorded.interval}`),
      live ? h('small.lesson-now', {}, `◆ ${live.text} ${live.interval}`) : null,
    ),
    bar.hits.length
      ? h(
          'span.lesson-hits',
          { role: 'img', 'aria-label': t('lesson.hits', { n: bar.hits.length }) },
          ...bar.hits.map((hit) => h(`i${hit ? '.hit' : ''}`)),
        )
      : null,
  );
}

function axis() {
  return h(
    'div.lesson-row.lesson-axis',
    { 'aria-hidden': 'true' },
    span(''),
    h(
      'span.lesson-ticks',
      {},
      ...[0, 25, 50, 75, 100].map((x) => h('span', { style: { left: `${x}%` } }, `${x} %`)),
    ),
    span(''),
  );
}

/**
 * @param {Revealed} found
 * @param {number | null} mine
 */
function legend(found, mine) {
  const marks = [
    h('span', {}, h('i.lesson-range'), t('lesson.legend_range')),
    mine === null ? null : h('span', {}, h('i.lesson-mine'), t('lesson.legend_mine')),
    found.agrees ? h('span', {}, h('i.lesson-live'), t('lesson.legend_live')) : null,
  ];
  return h('p.lesson-legend', {}, ...marks);
}
