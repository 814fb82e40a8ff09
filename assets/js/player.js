// A recorded run on the live page, played at a speed that one can follow: the lanes draw its pictures.
import { pictures, replayBar } from './replay.js';
import { announce, h, setText, state, t } from './widget.js';
import { filled } from './words.js';

/** @import { Host } from './widget.js' */
/**
 * @typedef {object} Playing
 * @property {string} key
 * @property {ReturnType<typeof replayBar>} bar
 */
/** @typedef {Host<'player.js'> & { playing?: Playing }} PlayerHost */

const PACE = 'lab-pace';

/** Whether a run is played slowly once it is over: as somebody chose, else unless they want less motion. */
function isSlow() {
  const kept = localStorage.getItem(PACE);
  return kept ? kept === 'slow' : !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Where the page reads it as a run is asked for. */
function showPace() {
  document.documentElement.dataset.pace = isSlow() ? 'slow' : 'live';
}

export const setup = showPace;

/** @param {PlayerHost} host */
export function clear(host) {
  host.playing?.bar.stop();
  host.playing = undefined;
  look(null);
}

/** @param {PlayerHost} host */
export function draw(host) {
  const { value, root } = host;
  if (!value.pictures) {
    clear(host);
    root.replaceChildren();
    return;
  }
  const key = JSON.stringify([
    value.record,
    value.events.length,
    value.at,
    value.play,
    state.language,
  ]);
  if (host.playing?.key === key && !value.play) return;
  clear(host);
  const steps = pictures(filled(JSON.parse(value.pictures)));
  const last = steps.length - 1;
  const { at } = value;
  const first =
    at === null
      ? last
      : Math.max(
          0,
          value.events.findIndex((n) => n >= at),
        );
  /** @param {number} place @param {boolean} playing */
  const show = (place, playing) => {
    look(place === last ? null : { record: value.record, picture: steps[place] });
    if (!playing) told(host, value.events[place]);
  };
  const bar = replayBar(steps, show, first);
  host.playing = { key, bar };
  root.replaceChildren(h('div.player', {}, bar.box, pace()));
  if (first !== last) look({ record: value.record, picture: steps[first] });
  if (value.play && isSlow()) bar.start();
}

/** @param {import('./page.d.ts').PageState['replay']} replay */
function look(replay) {
  if (!replay && !state.replay) return;
  state.replay = replay;
  announce('replay');
}

/** @type {number | undefined} */
let telling;

/**
 * The address follows when the thumb rests.
 * @param {PlayerHost} host
 * @param {number} events
 */
function told(host, events) {
  clearTimeout(telling);
  const { record } = host.value;
  telling = setTimeout(() => host.trigger('stopped', { record, events }), 150);
}

function pace() {
  const box = h('input', {
    type: 'checkbox',
    checked: isSlow(),
    onchange: () => {
      localStorage.setItem(PACE, box.checked ? 'slow' : 'live');
      showPace();
    },
  });
  const name = h('span', {});
  setText(name, t('player.slow'));
  return h('label.player-pace', { title: t('player.slow_more') }, box, name);
}
