// The ring around the selected point, and those around the nearest points of the one that is hovered.
//
// On a plane they are elements over the drawing, moved with its axes: a trace of its own would have Plotly work out the
// whole figure again for every ring, a second on a phone. In space they are a trace, as only Plotly knows its camera.
import { plain, pointOf } from './plot_points.js';
import { h, isDark, state } from './widget.js';

/** @import { Look } from './types.d.ts' */
/** @import { PlotNode } from './page.d.ts' */
/** @typedef {{ [name: string]: any }} Loose */
/** @typedef {{ x: any, y: any, z?: any, trace: Loose }} Place where a mark is, in the units of its axes */
/** @typedef {{ around: HTMLElement, place: Place }} Ring */

/** @type {WeakMap<HTMLElement, { selected: Ring[], near: Ring[] }>} by plot */
const laid = new WeakMap();

/** @param {Place | null} place */
export const inSpace = (place) => place?.trace.type === 'scatter3d';

/**
 * Where the selected point is in a trace: at the very point, or (customdata holds [point_id, moment]) at its moment.
 * @param {Loose} trace
 * @param {(custom: unknown) => boolean} same
 * @returns {Place | null}
 */
function placeOf(trace, same) {
  const custom = plain(trace.customdata);
  if (trace.type !== 'heatmap') {
    const at = Array.from(custom).findIndex(same);
    if (at < 0) return null;
    const [x, y, z] = [plain(trace.x)[at], plain(trace.y)[at], plain(trace.z)[at]];
    if (trace.type === 'bar') return { x: (plain(trace.base)[at] ?? 0) + x / 2, y, trace };
    return { x, y, z, trace };
  }
  for (let row = 0; row < custom.length; row += 1) {
    const column = Array.from(custom[row] || []).findIndex(same);
    if (column >= 0)
      return { x: plain(trace.x)[column] ?? column, y: plain(trace.y)[row] ?? row, trace };
  }
  return null;
}

/**
 * Where the selected point is, in the first trace that holds it.
 * @param {Loose[]} data
 * @returns {Place | null}
 */
export function selectedPlace(data) {
  const { point_id: point, moment } = state.selection ?? {};
  if (point === null || point === undefined) return null;
  /** @type {((custom: unknown) => boolean)[]} */
  const tests = [
    (c) => pointOf(c)?.point_id === point,
    (c) => Array.isArray(c) && c.length > 1 && c[1] === moment,
  ];
  for (const same of tests)
    for (const trace of data) {
      const place = placeOf(trace, same);
      if (place) return place;
    }
  return null;
}

/** Colour of the ring of the selected point. */
export const ringInk = () => (isDark() ? '#ffffff' : '#000000');

/**
 * The trace that rings places in space.
 * @param {Place[]} places
 * @param {{ size: number, width: number, color: string }} look
 * @returns {Loose}
 */
export function ringTrace(places, { size, width, color }) {
  const [x, y, z] = /** @type {const} */ (['x', 'y', 'z']).map((axis) =>
    places.map((p) => p[axis]),
  );
  return {
    type: 'scatter3d',
    ...{ x, y, z, scene: places[0]?.trace.scene },
    mode: 'markers',
    hoverinfo: 'skip',
    showlegend: false,
    marker: { symbol: 'circle-open', size, color, line: { width, color } },
  };
}

/**
 * Ring the selected place of a plane, or none.
 * @param {PlotNode} plot
 * @param {Place | null} place
 * @param {Look} look
 */
export function ringSelected(plot, place, look) {
  const cell = place?.trace.type === 'heatmap';
  lay(plot, 'selected', place && !inSpace(place) ? [place] : [], cell ? look.ring : ringInk());
}

/**
 * Ring the nearest points, or none.
 * @param {PlotNode} plot
 * @param {Place[]} near
 * @param {Look} look
 */
export function ringNear(plot, near, look) {
  lay(plot, 'near', near, look.ring);
}

/**
 * @param {PlotNode} plot
 * @param {'selected' | 'near'} kind
 * @param {Place[]} places
 * @param {string} color
 */
function lay(plot, kind, places, color) {
  const over = plot.querySelector('.svg-container');
  const rings = laid.get(plot) ?? { selected: [], near: [] };
  laid.set(plot, rings);
  for (const { around } of rings[kind]) around.remove();
  rings[kind] = places.map((place) => ({
    place,
    around: h(`span.lab-ring.${kind}${place.trace.type === 'heatmap' ? '.cell' : ''}`, {
      'aria-hidden': 'true',
      style: { color },
    }),
  }));
  over?.append(...rings[kind].map(({ around }) => around));
  follow(plot);
}

/**
 * Put the rings where their points are now: the axes were moved, or the drawing is another one.
 * @param {PlotNode} plot
 */
export function follow(plot) {
  const rings = laid.get(plot);
  if (!rings) return;
  const over = plot.querySelector('.svg-container');
  for (const { around, place } of [...rings.selected, ...rings.near]) {
    const [left, top] = /** @type {const} */ (['x', 'y']).map((letter) => on(plot, place, letter));
    around.hidden = left === null || top === null;
    if (around.parentElement !== over) over?.append(around);
    around.style.transform = `translate(${left}px, ${top}px) translate(-50%, -50%)`;
  }
}

/**
 * Pixels from the drawing's edge to a place; null where the axis does not show it.
 * @param {PlotNode} plot
 * @param {Place} place
 * @param {'x' | 'y'} letter
 */
function on(plot, place, letter) {
  const id = String(place.trace[`${letter}axis`] ?? letter);
  const axis = plot._fullLayout?.[`${letter}axis${id.slice(1)}`];
  if (!axis?.range) return null;
  const at = axis.type === 'log' ? axis.d2l(place[letter]) : axis.r2l(place[letter]);
  const [from, to] = axis.range.map((/** @type {any} */ end) => axis.r2l(end));
  const share = (at - from) / (to - from);
  if (!(share >= 0 && share <= 1)) return null;
  return axis._offset + axis._length * (letter === 'x' ? share : 1 - share);
}

/**
 * The places of points by their number, where a trace has them.
 * @param {Loose[]} data
 */
export function places(data) {
  /** @type {Map<number, Place>} */
  const found = new Map();
  for (const trace of data) {
    if (trace.type === 'heatmap' || typeof trace.customdata === 'string') continue;
    const [x, y, z] = ['x', 'y', 'z'].map((axis) => plain(trace[axis]));
    plain(trace.customdata).forEach((custom, i) => {
      const point = pointOf(custom)?.point_id;
      if (typeof point === 'number') found.set(point, { x: x[i], y: y[i], z: z[i], trace });
    });
  }
  return found;
}
