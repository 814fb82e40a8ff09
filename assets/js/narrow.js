// How a figure is laid out in a narrow place, such as a phone: panels under each other, long names in several lines.

/** @import { PlotlyFigure } from './types.d.ts' */
/** @import { PlotNode, PlotlyLibrary } from './page.d.ts' */
/**
 * What Plotly calls a trace, a layout, an axis: its own open-ended JSON.
 * @typedef {{ [name: string]: any }} Loose
 */

/** Below this width a place is narrow, in pixels. */
export const NARROW = 600;
/** Height of a panel with its title and axis. */
const PANEL = 340;
const BETWEEN = 100; // pixels between two panels: ticks, the upper one's axis title, the lower one's title
/** Letters of a line there, of an axis' label and of a title. */
const LABEL = 18;
const TITLE = 40;
/** A left margin that was made for long names; there it grows with the folded ones instead. */
const ROOMY = 120;
const EDGE = 40;
/** Height of a bar's row for each line of its name. */
const LINE = 17;

/**
 * @param {string} text
 * @param {number} most letters of a line
 */
function folded(text, most) {
  const lines = [''];
  for (const word of String(text).split(' ')) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.join('<br>');
}

/** What stands above and below a figure that fills the window, in pixels: header, tabs, controls, sliders. */
const AROUND = 310;

/**
 * The layout of a figure for a place of this width.
 * @param {PlotlyFigure} figure
 * @param {number} width in pixels
 * @returns {Loose}
 */
export function fitted(figure, width) {
  const { layout } = figure;
  if (layout.meta?.fill && width >= NARROW) {
    const room = Math.min(window.innerHeight - AROUND, 0.8 * width);
    return { ...layout, height: Math.max(layout.height, Math.round(room)) };
  }
  if (!width || width >= NARROW) return layout;
  if (layout.meta?.stack) return stacked(layout);
  return (layout.margin?.l ?? 0) >= ROOMY ? named(figure) : layout;
}

/**
 * Panels under each other.
 * @param {Loose} layout
 * @returns {Loose}
 */
function stacked(layout) {
  const out = { ...layout };
  const panels = Object.keys(layout)
    .filter((name) => /^xaxis\d*$/.test(name))
    .map((name) => ({ x: name, y: `yaxis${(layout[name].anchor ?? 'y').slice(1)}` }))
    .sort(
      (a, b) =>
        (layout[b.y].domain?.[0] ?? 0) - (layout[a.y].domain?.[0] ?? 0) ||
        (layout[a.x].domain?.[0] ?? 0) - (layout[b.x].domain?.[0] ?? 0),
    );
  const rows = Math.max(1, ...panels.map(({ y }) => (layout[y].tickvals?.length ?? 0) / 5));
  const slot = PANEL * rows;
  const inner = panels.length * slot - BETWEEN; // below the last one is the figure's own margin
  const top = (/** @type {number} */ i) => 1 - (i * slot) / inner;
  panels.forEach(({ x, y }, i) => {
    out[x] = { ...layout[x], domain: [0, 1] };
    out[y] = {
      ...layout[y],
      domain: [Math.max(0, top(i) - (slot - BETWEEN) / inner), top(i)],
      matches: undefined,
      showticklabels: true,
      ticktext: layout[y].ticktext?.map((/** @type {string} */ text) => folded(text, LABEL)),
    };
  });
  const first = out[panels[0].y];
  for (const { y } of panels)
    if (layout[y].matches) out[y] = { ...first, domain: out[y].domain, anchor: layout[y].anchor };
  let title = 0;
  out.annotations = layout.annotations?.map((/** @type {Loose} */ one) =>
    one.xref === 'paper' && one.yref === 'paper' && title < panels.length
      ? { ...one, text: folded(one.text, TITLE), x: 0.5, y: top(title++) }
      : one,
  );
  out.margin = { ...layout.margin, l: EDGE, t: Math.max(layout.margin?.t ?? 0, 60) };
  return tall(out, inner);
}

/**
 * Bars whose names stand at their left: names in several lines, the title over the whole width.
 * @param {PlotlyFigure} figure
 * @returns {Loose}
 */
function named({ data, layout }) {
  const names = [...new Set(data.flatMap((trace) => Array.from(trace.y ?? []).map(String)))];
  /** @type {Loose} */
  const out = { ...layout, margin: { ...layout.margin, l: EDGE } };
  const labels = new Map(names.map((name) => [name, folded(name, LABEL)]));
  const lines = Math.max(1, ...[...labels.values()].map((text) => text.split('<br>').length));
  out.yaxis = { ...layout.yaxis, labelalias: Object.fromEntries(labels), tickfont: { size: 12 } };
  if (layout.yaxis?.tickvals)
    out.yaxis.ticktext = layout.yaxis.ticktext?.map((/** @type {string} */ text) =>
      folded(text, LABEL),
    );
  const axis = layout.xaxis?.title?.text;
  if (axis)
    out.xaxis = { ...layout.xaxis, title: { ...layout.xaxis.title, text: folded(axis, LABEL) } };
  const title = layout.title?.text;
  if (title)
    out.title = { ...layout.title, text: folded(title, TITLE), xref: 'container', x: 0.02 };
  const { t = 0, b = 0 } = layout.margin ?? {};
  return tall(out, Math.max((layout.height ?? 0) - t - b, lines * LINE * names.length));
}

/**
 * A layout whose panels have this height together; margins come on top, see `grown`.
 * @param {Loose} layout
 * @param {number} inner in pixels
 * @returns {Loose}
 */
function tall(layout, inner) {
  const { t = 0, b = 80 } = layout.margin ?? {};
  return { ...layout, height: inner + t + b, meta: { ...layout.meta, inner } };
}

/**
 * A legend that needs more lines than were planned takes them from the panels: they get their height back.
 * @param {PlotNode} plot
 * @param {PlotlyLibrary} plotly
 */
export async function grown(plot, plotly) {
  const { meta, _size: size, height } = plot._fullLayout;
  if (!meta?.inner || Math.abs(size.h - meta.inner) < 2) return;
  await plotly.relayout(plot, { height: height + meta.inner - size.h });
}
