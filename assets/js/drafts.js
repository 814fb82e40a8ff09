// Drafts and aggregate: the aggregate in the middle in the colours of its sources, the drafts around it, what was taken
// and what was dropped. Hovering or focusing a span on one side lights its counterpart on the other. The value is made by
// lab/panels/drafts/drafts.py; a span is {start, end, …} in characters of its text.
import { agentName, h, t, tongue } from './widget.js';
import { numeral, percent } from './numbers.js';
import { markPiece, pickWords } from './drafts_pick.js';
import { seen } from './drafts_seen.js';
import { drawClaims } from './drafts_claims.js';

/** @import { AggregateText, DraftReader, DraftsValue, DraftText, Span } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {{ start: number, end: number, taken: boolean }} Piece */
/**
 * What lights up together: the spans of the aggregate, and per draft its pieces.
 * @typedef {{ target: HTMLElement[], drafts: (Piece & { node: HTMLElement })[][] }} Links
 */

/** @param {number | null} p */
const chance = (p) => (p === null ? '–' : numeral(p));

/** @type {[HTMLElement, AggregateText | DraftText][]} The texts that are drawn. */
let texts = [];

/** @param {Host<'drafts.js'>} host */
export function setup(host) {
  host.onSelection(() => texts.forEach(([box, text]) => markPiece(box, text)));
}

/**
 * @param {Host<'drafts.js'>} host
 * @param {AggregateText | DraftText} text
 * @param {HTMLElement[]} parts
 */
function words(host, text, parts) {
  const box = h('p.drafts-text', { lang: tongue(text.said) }, ...parts);
  pickWords(host, box, text);
  markPiece(box, text);
  texts.push([box, text]);
  return box;
}

/** @param {Host<'drafts.js'>} host */
export function draw(host) {
  texts = [];
  const value = host.value;
  /** @type {Links} */
  const links = { target: [], drafts: value.drafts.map(() => []) };
  const cards = value.drafts.map((draft, i) => draftCard(host, draft, i, links));
  const half = Math.ceil(cards.length / 2);
  host.root.replaceChildren(
    h(
      'div.drafts',
      {},
      readers(host, value),
      shareBar(value),
      h(
        'div.drafts-stage',
        {},
        h('div.drafts-side', {}, ...cards.slice(0, half)),
        targetCard(host, links),
        h('div.drafts-side', {}, ...cards.slice(half)),
      ),
      figures(value),
      drawClaims(value),
    ),
  );
}

/**
 * @param {Host<'drafts.js'>} host
 * @param {DraftsValue} value
 */
function readers(host, value) {
  if (value.readers.length < 2) return null;
  /** @param {DraftReader} reader */
  const button = (reader) =>
    h(
      'button.drafts-reader',
      {
        type: 'button',
        'aria-pressed': String(reader.agent === value.reader),
        onclick: () => host.trigger('reader', { agent: reader.agent }),
      },
      agentName(reader.agent),
    );
  return h(
    'div.drafts-readers',
    { role: 'group', 'aria-label': t('drafts.readers') },
    h('span.lab-note', {}, t('drafts.readers')),
    ...value.readers.map(button),
  );
}

/**
 * Whose words are in the aggregate: one bar, the new ones hatched.
 * @param {DraftsValue} value
 */
function shareBar(value) {
  /** @type {{ name: string, share: number, color: string | null }[]} */
  const parts = value.drafts.map((draft) => ({
    name: agentName(draft.agent),
    share: draft.owed,
    color: value.colors[draft.agent],
  }));
  parts.push({ name: t('drafts.new'), share: value.shares.new, color: null });
  const shown = parts.filter((part) => part.share > 0.0005);
  if (!shown.length) return null;
  return h(
    'div.drafts-shares',
    {},
    h(
      'div.drafts-bar',
      { role: 'img', 'aria-label': shown.map((p) => `${p.name} ${percent(p.share)}`).join(', ') },
      ...shown.map((p) =>
        h(p.color ? 'i' : 'i.new', {
          style: { '--agent': p.color || 'transparent', 'flex-grow': p.share },
        }),
      ),
    ),
    h(
      'p.drafts-legend',
      {},
      ...shown.map((p) =>
        h(
          'span',
          {},
          h(p.color ? 'i' : 'i.new', { style: { '--agent': p.color || 'transparent' } }),
          p.name,
          ' ',
          h('b', {}, percent(p.share)),
        ),
      ),
      h(
        'span.drafts-kinds',
        {},
        ['verbatim', 'near', 'shared', 'new']
          .map((kind) => `${t(`drafts.${kind}`)} ${percent(value.shares[kind])}`)
          .join(' · '),
      ),
    ),
  );
}

/**
 * @param {Host<'drafts.js'>} host
 * @param {Links} links
 */
function targetCard(host, links) {
  const { value } = host;
  const target = value.target;
  const mark =
    value.correct === true
      ? h('b.right', {}, ' ✓')
      : value.correct === false
        ? h('b.wrong', {}, ' ✗')
        : null;
  return h(
    'section.drafts-target',
    { 'aria-label': agentName(target.agent), style: { '--agent': value.colors[target.agent] } },
    head(target, mark),
    target.said
      ? words(
          host,
          target,
          target.spans.map((span, i) => targetSpan(value, span, i, links)),
        )
      : silent(target),
  );
}

/**
 * @param {DraftsValue} value
 * @param {Span} span
 * @param {number} index
 * @param {Links} links
 */
function targetSpan(value, span, index, links) {
  const colors = span.sources.map((source) => value.colors[value.drafts[source.draft].agent]);
  const names = span.sources
    .map((source) => agentName(value.drafts[source.draft].agent))
    .join(', ');
  const node = h(
    `span.piece.${span.kind}`,
    {
      tabindex: 0,
      data: { start: span.start, end: span.end },
      'aria-label': `“${seen(value.target.said.slice(span.start, span.end))}”: ${t(`drafts.${span.kind}`)}${names ? `, ${names}` : ''}`,
      title: `${t(`drafts.${span.kind}`)}${names ? ` · ${names}` : ''}`,
      style: { '--agent': colors[0] || 'transparent', '--paint': stripes(colors) },
    },
    seen(value.target.said.slice(span.start, span.end)),
  );
  links.target[index] = node;
  /** @param {boolean} on */
  const light = (on) => {
    node.classList.toggle('lit', on);
    for (const source of span.sources) {
      for (const piece of links.drafts[source.draft]) {
        if (piece.start < source.end && piece.end > source.start)
          piece.node.classList.toggle('lit', on);
      }
    }
  };
  return lights(node, light);
}

/** @param {string[]} colors */
function stripes(colors) {
  if (colors.length < 2)
    return `color-mix(in srgb, ${colors[0] || 'transparent'} var(--tint), transparent)`;
  const stops = colors.map(
    (color, i) =>
      `color-mix(in srgb, ${color} calc(var(--tint) + 8%), transparent) ${i * 7}px ${(i + 1) * 7}px`,
  );
  return `repeating-linear-gradient(115deg, ${stops.join(', ')})`;
}

/**
 * @param {HTMLElement} node
 * @param {(on: boolean) => void} light
 */
function lights(node, light) {
  node.addEventListener('pointerenter', () => light(true));
  node.addEventListener('pointerleave', () => light(false));
  node.addEventListener('focus', () => light(true));
  node.addEventListener('blur', () => light(false));
  return node;
}

/**
 * @param {Host<'drafts.js'>} host
 * @param {DraftText} draft
 * @param {number} index
 * @param {Links} links
 */
function draftCard(host, draft, index, links) {
  const { value } = host;
  const color = value.colors[draft.agent];
  const note = draft.note ? h('p.lab-note', {}, draft.note) : null;
  return h(
    'section.drafts-card',
    { 'aria-label': agentName(draft.agent), style: { '--agent': color } },
    head(draft, null),
    note,
    draft.said
      ? words(
          host,
          draft,
          pieces(value, draft, index).map((piece) => draftSpan(value, draft, index, piece, links)),
        )
      : silent(draft),
    draft.said ? h('p.drafts-taken', {}, t('drafts.taken', { share: percent(draft.taken) })) : null,
    confidence(draft),
  );
}

/**
 * A draft is cut wherever one of its spans or the source of a span of the aggregate begins or ends.
 * @param {DraftsValue} value
 * @param {DraftText} draft
 * @param {number} index
 * @returns {Piece[]}
 */
function pieces(value, draft, index) {
  const cuts = new Set([0, draft.said.length]);
  for (const span of draft.spans) cuts.add(span.start).add(span.end);
  for (const span of value.target.spans)
    for (const source of span.sources)
      if (source.draft === index) cuts.add(source.start).add(source.end);
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => ({
    start: edges[i],
    end,
    taken: draft.spans.some((span) => span.taken && span.start <= edges[i] && span.end >= end),
  }));
}

/**
 * @param {DraftsValue} value
 * @param {DraftText} draft
 * @param {number} index
 * @param {Piece} piece
 * @param {Links} links
 */
function draftSpan(value, draft, index, piece, links) {
  const node = h(
    `span.piece.${piece.taken ? 'taken' : 'dropped'}`,
    {
      title: t(piece.taken ? 'drafts.was_taken' : 'drafts.was_dropped'),
      data: { start: piece.start, end: piece.end },
    },
    seen(draft.said.slice(piece.start, piece.end)),
  );
  links.drafts[index].push({ ...piece, node });
  if (!piece.taken) return node;
  node.tabIndex = 0;
  return lights(node, (on) => {
    node.classList.toggle('lit', on);
    value.target.spans.forEach((span, i) => {
      if (span.sources.some((s) => s.draft === index && s.start < piece.end && s.end > piece.start))
        links.target[i]?.classList.toggle('lit', on);
    });
  });
}

/**
 * @param {AggregateText | DraftText} text
 * @param {HTMLElement | null} mark
 */
function head(text, mark) {
  return h(
    'header.drafts-head',
    {},
    h('b', {}, agentName(text.agent), mark),
    h('span', {}, text.host),
    text.confidence === null
      ? null
      : h('span', { title: t('drafts.confidence') }, `p ${chance(text.confidence)}`),
  );
}

/** @param {AggregateText | DraftText} text */
function silent(text) {
  return h(
    'p.lab-note',
    {},
    t(text.writing ? 'drafts.writing' : 'drafts.silent', { agent: agentName(text.agent) }),
  );
}

/**
 * Each claim with its writer's own probability: the number that the words hide.
 * @param {DraftText} draft
 */
function confidence(draft) {
  const claims = draft.claims.filter((claim) => claim.probability !== null);
  if (!claims.length) return null;
  return h(
    'ul.drafts-sure',
    { 'aria-label': t('drafts.sure_list') },
    ...claims.map((claim) =>
      h(
        'li',
        {},
        h(
          'span',
          { lang: tongue(claim.value) },
          seen(`${claim.about === claim.value ? '' : `${claim.about}: `}${claim.value}`),
        ),
        h('i', { style: { '--share': `${100 * (claim.probability ?? 0)}%` } }),
        h('b', {}, chance(claim.probability)),
        h(
          `em${claim.right === null ? '' : claim.right ? '.right' : '.wrong'}`,
          {},
          claim.right === null ? '' : claim.right ? '✓' : '✗',
        ),
      ),
    ),
  );
}

/** @param {DraftsValue} value */
function figures(value) {
  const f = value.figures;
  /**
   * @param {string} key
   * @param {string | null} text
   */
  const item = (key, text) =>
    text === null ? null : h('div', {}, h('dt', {}, t(`drafts.${key}`)), h('dd', {}, text));
  return h(
    'dl.drafts-figures',
    {},
    item('inflation', f.inflation === null ? null : `${numeral(f.inflation)} ×`),
    item(
      'facts_per_token',
      f.facts_per_token_team === null ? null : `${numeral(f.facts_per_token_team)}`,
    ),
    item(
      'facts_per_token_drafts',
      f.facts_per_token_drafts === null ? null : numeral(f.facts_per_token_drafts),
    ),
    item('tokens', `${f.tokens}`),
    item(
      'wait',
      f.wait === null ? null : f.wait < 1 ? `${numeral(1000 * f.wait)} ms` : `${numeral(f.wait)} s`,
    ),
  );
}
