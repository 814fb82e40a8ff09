// The KV strip of one agent: every slot of its cache in the colour of its writer, drawn to the run's common scale.
import { agentName, changed, h, setText, t } from './widget.js';

/** @import { AgentView, SegmentView } from './types.d.ts' */
/** @typedef {{ [agent: string]: string }} Colors */

const KINDS = {
  prompt: 'lanes.legend.prompt',
  latent: 'lanes.legend.latent',
  token: 'lanes.legend.token',
};

/**
 * @param {HTMLElement} box
 * @param {AgentView} agent
 * @param {object} look
 * @param {number} look.scale slots of the whole width
 * @param {Colors} look.colors
 * @param {{ [agent: string]: AgentView }} look.cards all agents of the lane
 * @param {(moment: number | null, agent: string) => void} look.pick
 */
export function drawStrip(box, agent, { scale, colors, cards, pick }) {
  if (!changed(box, [agent.strip, agent.cache, scale])) return;
  if (!box.firstChild)
    box.append(h('span.strip-name'), h('div.strip', { role: 'img' }), h('span.strip-size'));
  setText(/** @type {HTMLElement} */ (box.children[0]), t('lanes.strip'));
  const bar = /** @type {HTMLElement} */ (box.children[1]);
  const positions = t('lanes.kv', { n: agent.cache.len });
  const size = /** @type {HTMLElement} */ (box.children[2]);
  setText(size, agent.cache.bytes || positions);
  size.title = [positions, agent.cache.bytes].filter(Boolean).join(' · ');
  const total = Math.max(1, scale);
  bar.replaceChildren(...agent.strip.map((segment) => part(segment, total, colors)));
  bar.setAttribute('aria-label', agent.strip.map(describe).join('; '));
  bar.onclick = (event) => {
    const slot = /** @type {Element} */ (event.target).closest('.slot');
    const segment = slot && agent.strip[Array.from(bar.children).indexOf(slot)];
    if (!segment) return;
    const { length } = segment;
    const edge = slot.getBoundingClientRect();
    const offset = Math.min(
      length - 1,
      Math.max(0, Math.floor(((event.clientX - edge.left) / edge.width) * length)),
    );
    pick(momentOf(cards[segment.agent], segment.kind, offset), segment.agent);
  };
}

/**
 * @param {SegmentView} segment
 * @param {number} total
 * @param {Colors} colors
 */
function part(segment, total, colors) {
  const { agent, kind, length, kept } = segment;
  const title = describe(segment);
  return h(`i.slot.${kind}${kept ? '' : '.dropped'}`, {
    title,
    style: { '--agent': colors[agent] || 'var(--muted)', width: `${(100 * length) / total}%` },
  });
}

/** @param {SegmentView} segment */
function describe({ agent, kind, length }) {
  return t('lanes.segment', { agent: agentName(agent), n: length, kind: t(KINDS[kind]) });
}

/**
 * The moment of one slot of an agent; none where it was not captured.
 * @param {AgentView | undefined} card
 * @param {SegmentView['kind']} kind
 * @param {number} offset
 */
function momentOf(card, kind, offset) {
  const first = card?.prompt?.first ?? null;
  if (kind === 'prompt') return first === null ? null : first + offset;
  return (kind === 'latent' ? card?.dots : card?.words)?.[offset]?.moment ?? null;
}
