// Small parts of the room: a box that is redrawn only when its data is another, dialogs, buttons.
import { changed, h, state as page, t } from './widget.js';

/** @import { Limit } from './types.d.ts' */
/** @import { Child } from './widget.js' */

/**
 * Draw a box anew if its data is another.
 * @param {HTMLElement} box
 * @param {unknown} data
 * @param {() => Child[]} make
 */
export function refresh(box, data, make) {
  if (!changed(box, [page.language, data])) return;
  box.replaceChildren(
    .../** @type {Node[]} */ (make().filter((part) => part !== null && part !== undefined)),
  );
}

/**
 * @param {string} name of its text
 * @param {() => void} action
 * @param {{ strong?: boolean, pressed?: boolean, disabled?: boolean }} [options]
 */
export function button(name, action, { strong, pressed, disabled } = {}) {
  return h(
    `button.room-button${strong ? '.strong' : ''}`,
    {
      type: 'button',
      data: { name },
      disabled: Boolean(disabled),
      'aria-pressed': pressed === undefined ? null : String(pressed),
      onclick: action,
    },
    t(`room.${name}`),
  );
}

/**
 * A button for what cannot be undone: it asks once more in its own place.
 * @param {string} name of its text; the question is NAME_sure
 * @param {() => void} action
 */
export function twice(name, action) {
  const made = button(name, () => {
    if (made.classList.toggle('sure')) made.textContent = t(`room.${name}_sure`);
    else action();
  });
  made.addEventListener('blur', () => {
    made.classList.remove('sure');
    made.textContent = t(`room.${name}`);
  });
  return made;
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 */
export const field = (label, input) => h('label.room-field', {}, h('span', {}, t(label)), input);

/**
 * A modal window; it goes when it is closed.
 * @param {HTMLElement} root
 * @param {string} title
 * @param {...Child} content
 */
export function dialog(root, title, ...content) {
  const made = h(
    'dialog.room-dialog',
    { 'aria-label': title },
    h(
      'header',
      {},
      h('h2', {}, title),
      h(
        'button.lab-icon',
        { type: 'button', 'aria-label': t('room.dismiss'), onclick: () => made.close() },
        '✕',
      ),
    ),
    ...content,
  );
  made.addEventListener('close', () => made.remove());
  root.append(made);
  made.showModal();
  return made;
}

/**
 * Fields for what students may do, and a function that reads them.
 * @param {Limit} limit
 */
export function limitFields(limit) {
  const check = (/** @type {boolean | undefined} */ on) =>
    h('input', { type: 'checkbox', checked: Boolean(on) });
  const number = (/** @type {number | undefined} */ value, /** @type {number} */ most) =>
    h('input', { type: 'number', min: 1, max: most, value, required: true });
  const own = check(limit.own_questions);
  const real = check(limit.real_models);
  const training = check(limit.training);
  const runs = number(limit.runs_per_minute, 120);
  const size = number(limit.size, 500);
  return {
    fields: [
      field('room.limit.own', own),
      field('room.limit.real', real),
      field('room.limit.training', training),
      field('room.limit.runs', runs),
      field('room.limit.size', size),
    ],
    read: () => ({
      own_questions: own.checked,
      real_models: real.checked,
      training: training.checked,
      runs_per_minute: Number(runs.value),
      size: Number(size.value),
    }),
  };
}
