// What a lane is in a few words, and what to press next.
import { agentName, h, t } from './widget.js';

/** @import { LanesValue, LaneView } from './types.d.ts' */

/**
 * What a hand-over of a relay is; other lanes say what they compute.
 * @param {LaneView} lane
 * @param {LanesValue} value
 * @param {number | null} m steps that the dial asks for, if not the run's own
 */
export function gist(lane, value, m) {
  const hand = lane.hands.at(-1);
  if (!value.relay || !hand || lane.agents.length !== 2) return lane.drawn_as;
  const [sender, reader] = lane.agents;
  if (lane.chain === 'words') return t('gist.words');
  if (lane.chain !== 'states') return lane.drawn_as;
  if (hand.slots === 0) return t('gist.nothing', { reader: agentName(reader.name) });
  if (sender.host !== reader.host)
    return t('gist.other', { sender: sender.host, reader: reader.host });
  return t('gist.states', { n: m ?? sender.dots.length });
}

/** What to press next; a page without a server has dots to press, and no more. */
export function nextSteps() {
  const press = (/** @type {string} */ key, /** @type {() => void} */ onclick) =>
    h(`button.next-${key}`, { type: 'button', onclick }, t(`gist.${key}`));
  const find = (/** @type {string} */ id) => document.getElementById(id);
  const live = find('lab-tabs') !== null;
  return h(
    'span.lanes-next',
    {},
    h('b', {}, t('gist.next')),
    live && press('run', () => find('button-run')?.click()),
    live && h('span', {}, t('gist.dial')),
    h('span', {}, t('gist.dot')),
    live && press('step', () => find('mechanism')?.scrollIntoView({ block: 'center' })),
    live && h('a', { href: '?tab=lessons&lesson.name=tour' }, t('gist.tour')),
  );
}
