// The KV strip of one agent: every slot of its cache in the colour of its writer, drawn to the run's common scale.
import { h, setText, t } from './widget.js';

const KINDS = { prompt: 'lanes.legend.prompt', latent: 'lanes.legend.latent', token: 'lanes.legend.token' };

export function drawStrip(box, agent, { scale, colors, cards, pick }) {
  const key = JSON.stringify([agent.strip, agent.kv, scale]);
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  if (!box.firstChild) box.append(h('div.strip', { role: 'img' }), h('span.strip-size'));
  const [bar, size] = box.children;
  setText(size, [t('lanes.kv', { n: agent.kv.len }), agent.kv.bytes].filter(Boolean).join(' · '));
  const total = Math.max(1, scale);
  bar.replaceChildren(...agent.strip.map((segment) => part(segment, total, colors)));
  bar.setAttribute('aria-label', agent.strip.map(describe).join('; '));
  bar.onclick = (event) => {
    const index = Array.from(bar.children).indexOf(event.target.closest('.slot'));
    if (index < 0) return;
    const [writer, kind, length] = agent.strip[index];
    const edge = event.target.getBoundingClientRect();
    const offset = Math.min(length - 1, Math.max(0, Math.floor(((event.clientX - edge.left) / edge.width) * length)));
    pick(momentOf(cards[writer], kind, offset), writer);
  };
}

function part(segment, total, colors) {
  const [writer, kind, length, kept] = segment;
  const title = describe(segment);
  return h(`i.slot.${kind}${kept ? '' : '.dropped'}`, { title, style: { '--agent': colors[writer] || 'var(--muted)', width: `${(100 * length) / total}%` } });
}

function describe([writer, kind, length]) {
  return t('lanes.segment', { agent: writer, n: length, kind: t(KINDS[kind]) });
}

function momentOf(card, kind, offset) {
  if (!card) return null;
  if (kind === 'prompt') return card.prompt?.first === null || !card.prompt ? null : card.prompt.first + offset;
  if (kind === 'latent') return card.dots[offset]?.[5] ?? null;
  return card.words[offset]?.[2] ?? null;
}
