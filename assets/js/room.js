// The room under the header. It asks the server every second or two, rarely while nobody looks, and
// shows each person what is theirs; without a room it is empty, and the header's button opens one.
import { goTo } from './address.js';
import { ask, currentCode, enterRoom, fromHash, here, shown } from './room_link.js';
import { dialog, field, limitFields } from './room_parts.js';
import { drawStranger, drawStudent } from './room_student.js';
import { drawTeacher } from './room_teacher.js';
import { announce, h, listen, state as page, t } from './widget.js';

/** @import { RoomState } from './types.d.ts' */
/** @import { RoomError } from './room_link.js' */
/** @import { Host } from './widget.js' */
/** @import { Hands } from './room_student.js' */

const TEACHER_MS = 1000;
const STUDENT_MS = 1500;
const HIDDEN_MS = 6000;
const LOST_MS = 3000;
const KEY = 'lab-teacher-key';

/** @type {RoomState | null} */
let now = null;
let code = '';
let followed = '';
/** Whether a view is on its way to the class. */
let pushing = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Host<'room.js'> | null} */
let own = null;
const boxes = {
  bar: h('div.room-bar'),
  said: h('p.room-said', { role: 'alert', hidden: true }),
  question: h('div.room-question'),
  people: h('div'),
};

/** @type {Hands} */
const hands = {
  get root() {
    return /** @type {HTMLElement} */ (own?.root);
  },
  here,
  say,
  show,
  go: goTo,
  async act(action, body = {}) {
    try {
      const reply = await ask(`/${code}/${action}`, body);
      say('');
      if (action === 'leave' || action === 'delete') forget();
      else show(reply.state);
      return reply.invitation;
    } catch (error) {
      say(/** @type {Error} */ (error).message);
      throw error;
    }
  },
};

/** @param {string} text */
function say(text) {
  boxes.said.textContent = text;
  boxes.said.hidden = !text;
}

/** @param {RoomState | null} state */
function show(state) {
  const before = now;
  if (state && state.code === before?.code && state.version < before.version) return; // overtaken
  now = state;
  paint();
  if (now?.role === 'student') {
    followTeacher(now);
    const asked = before?.question?.id !== now.question?.id;
    const revealed = before?.question?.revealed !== now.question?.revealed;
    const halted = !before?.paused && now.paused;
    if (before && ((now.question && (asked || revealed)) || halted))
      own?.root.scrollIntoView({ block: 'start' });
  }
  if (now?.role === 'teacher') leadStudents(now, before);
}

function paint() {
  announce('room-now', now);
  document.documentElement.dataset.roomRole =
    now?.role ?? (own?.value.key_needed ? 'stranger' : '');
  document.documentElement.classList.toggle(
    'room-paused',
    now?.role === 'student' && now.paused && !now.closed,
  );
  document
    .querySelector('#lab-body')
    ?.toggleAttribute('inert', now?.role === 'student' && now.paused && !now.closed);
  own?.root.classList.toggle('in-room', Boolean(now));
  if (!now || !own) {
    for (const box of [boxes.bar, boxes.question, boxes.people]) {
      delete box.dataset.key;
      box.replaceChildren();
    }
    return;
  }
  boxes.bar.dataset.role = now.role;
  if (now.role === 'teacher') drawTeacher(boxes, now, hands, own.value);
  else if (now.role === 'student') drawStudent(boxes, now, hands);
  else drawStranger(boxes, now, (name) => void join(name), forget);
}

/**
 * A view that the teacher shows is gone to once; who walks on stays where they are.
 * @param {RoomState} state
 */
function followTeacher(state) {
  const kept = `lab-view-${state.code}`;
  const stored = sessionStorage.getItem(kept);
  const seen =
    stored === null ? (state.pace === 'together' ? 0 : state.view_number) : Number(stored);
  sessionStorage.setItem(kept, String(state.view_number));
  if (state.view_number > seen && !shown(state.view)) hands.go(state.view);
}

/**
 * While all go together, every step of the teacher is shown to all.
 * @param {RoomState} state
 * @param {RoomState | null} before
 */
function leadStudents(state, before) {
  const began = before?.pace === 'free' && state.pace === 'together';
  const moved = followed !== here();
  followed = here();
  if (state.pace !== 'together' || state.closed || document.hidden) return;
  if ((began || (moved && before)) && state.view !== here()) void pushView();
}

/** One view after the other: of two that are on their way at once, the first may arrive last. */
async function pushView() {
  if (pushing) return;
  pushing = true;
  let sent;
  try {
    do await hands.act('push', { address: (sent = here()) });
    while (now?.pace === 'together' && sent !== here());
  } catch {
    followed = ''; // it is shown with the next look
  }
  pushing = false;
}

/** @param {string} name */
async function join(name) {
  try {
    const reply = await ask(`/${code}/join`, { name, language: page.language });
    enterRoom(code);
    say('');
    show(reply.state);
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
}

function forget() {
  code = '';
  enterRoom('');
  clearTimeout(timer);
  say('');
  show(null);
}

async function look() {
  clearTimeout(timer);
  if (!code) return;
  let pause = STUDENT_MS + Math.random() * 500;
  try {
    const asked = code;
    const reply = await ask(`/${asked}?at=${encodeURIComponent(here())}`);
    if (asked !== code) return;
    if (boxes.said.dataset.lost) say('');
    delete boxes.said.dataset.lost;
    if (now?.role === 'student' && reply.state?.role === 'stranger') say(t('room.unseated'));
    show(reply.state);
    if (now?.role === 'teacher') pause = TEACHER_MS;
  } catch (error) {
    const no = /** @type {RoomError} */ (error);
    say(no.message);
    if (no.reason === 'unknown') {
      code = '';
      enterRoom('');
      show(null);
      return;
    }
    boxes.said.dataset.lost = '1';
    pause = LOST_MS;
  }
  timer = setTimeout(look, document.hidden ? HIDDEN_MS : pause);
}

/** @param {Host<'room.js'>} host */
function openDialog({ root, value }) {
  const key = h('input', {
    type: 'password',
    autocomplete: 'off',
    value: sessionStorage.getItem(KEY) ?? '',
    id: 'room-key',
  });
  const hours = h('input', { type: 'number', min: 1, max: 24, value: 3, required: true });
  const { fields, read } = limitFields(value.limit);
  const wrong = h('p.lab-error', { role: 'alert', hidden: true });
  const typed = h('input', {
    type: 'text',
    maxlength: 8,
    autocomplete: 'off',
    id: 'room-code-input',
  });
  /** @param {Event} event */
  const openRoom = async (event) => {
    event.preventDefault();
    try {
      const reply = await ask('', { key: key.value, limit: read(), hours: Number(hours.value) });
      if (value.key_needed) sessionStorage.setItem(KEY, key.value);
      code = reply.state?.code ?? '';
      enterRoom(code);
      made.close();
      show(reply.state);
      void look();
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = /** @type {Error} */ (error).message;
    }
  };
  /** @param {Event} event */
  const joinRoom = (event) => {
    event.preventDefault();
    code = typed.value
      .trim()
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '');
    if (code) enterRoom(code);
    made.close();
    void look();
  };
  const made = dialog(
    root,
    t('room.title'),
    h(
      'form.room-row',
      { onsubmit: joinRoom },
      field('room.code', typed),
      h('button.room-button', { type: 'submit' }, t('room.join')),
    ),
    h(
      'form',
      { onsubmit: openRoom },
      h('h3', {}, t('room.open_title')),
      h('p.room-note', {}, t('room.open_text')),
      value.key_needed ? field('room.key', key) : null,
      ...fields,
      field('room.hours', hours),
      wrong,
      h('button.room-button.strong', { type: 'submit' }, t('room.open')),
    ),
  );
}

/** @param {Host<'room.js'>} host */
export function setup(host) {
  own = host;
  code = currentCode();
  followed = here();
  const key = fromHash('key');
  if (key) sessionStorage.setItem(KEY, key);
  const invitation = fromHash('teacher');
  listen('room', () => {
    if (now) host.root.scrollIntoView({ block: 'start' });
    else openDialog(host);
  });
  listen('address', () => {
    if (now?.role === 'teacher') leadStudents(now, now);
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void look();
  });
  if (key && !code) setTimeout(() => openDialog(host));
  const invited = invitation ? ask(`/${code}/accept`, { invitation }) : Promise.resolve();
  void invited
    .then(() => enterRoom(code))
    .catch((error) => say(error.message))
    .finally(look);
}

/** @param {Host<'room.js'>} host */
export function draw(host) {
  own = host;
  if (!host.root.contains(boxes.bar))
    host.root.replaceChildren(
      h('div.room', {}, boxes.bar, boxes.said, boxes.question, boxes.people),
    );
  paint();
}
