// What a lane shows in a few words, from its own numbers: what crosses, what it is, and what to press next.
import { agentName, changed, h, t } from './widget.js';

/** @import { Hand, LanesValue, LaneView } from './types.d.ts' */

/**
 * What the last agent is handed, in large.
 * @param {HTMLElement} box
 * @param {LaneView} lane
 */
export function drawCrossing(box, lane) {
  const hand = lane.hands.at(-1);
  const single = hand && lane.hands.filter((one) => one.target === hand.target).length === 1;
  const shown = single ? hand : null;
  if (!changed(box, shown)) return;
  box.replaceChildren(...(shown ? crossing(shown) : []));
}

/** @param {Hand} hand */
function crossing({ channel, slots, words, bytes }) {
  if (channel === 'kv' && slots === 0)
    return [h('strong', {}, bytes), ` ${t('lanes.handover.nothing')}`];
  const key = channel === 'text' ? 'text' : 'kv';
  const more = t(`lanes.handover.${key}_more`, { slots, bytes });
  return [h('strong', {}, t(`lanes.handover.${key}`, { words, bytes })), ` ${more}`];
}

/**
 * What a hand-over of a relay is; other lanes say what they compute.
 * @param {LaneView} lane
 * @param {LanesValue} value
 */
export function gist(lane, value) {
  const hand = lane.hands.at(-1);
  if (!value.relay || !hand || lane.agents.length !== 2) return lane.drawn_as;
  const [sender, reader] = lane.agents;
  if (lane.method === 'textmas') return t('gist.words');
  if (lane.method !== 'latentmas') return lane.drawn_as;
  if (hand.slots === 0) return t('gist.nothing', { reader: agentName(reader.name) });
  if (sender.host !== reader.host)
    return t('gist.other', { sender: sender.host, reader: reader.host });
  return t('gist.states', { n: sender.dots.length });
}

/** What to press next: what stands further down is one press away. */
export function nextSteps() {
  const down = (/** @type {string} */ key, /** @type {string} */ id) =>
    h(
      'button',
      {
        type: 'button',
        onclick: () => document.getElementById(id)?.scrollIntoView({ block: 'center' }),
      },
      t(key),
    );
  const run = h(
    'button',
    { type: 'button', onclick: () => document.getElementById('button-run')?.click() },
    t('gist.run'),
  );
  return h(
    'p.lanes-next',
    {},
    h('b', {}, t('gist.next')),
    run,
    h('span', {}, t('gist.dot')),
    down('gist.dial', 'dial'),
    down('gist.step', 'mechanism'),
    document.getElementById('lab-tabs')
      ? h('a', { href: '?tab=lessons&lesson.name=tour' }, t('gist.tour'))
      : null,
  );
}
