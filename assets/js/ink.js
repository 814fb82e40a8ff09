// Numbers and words in the cells of a heat-map: black or white, whichever can be read better on its cell.

/** @import { PlotNode } from './page.d.ts' */

/**
 * @param {string} color `#rrggbb` or `rgb(r, g, b)`
 * @returns {number[]} red, green and blue, 0 to 255
 */
function parts(color) {
  if (color.startsWith('#')) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/**
 * WCAG 2 relative luminance.
 * @param {number[]} color
 */
function luminance(color) {
  const [r, g, b] = color.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * The colour of a share of a scale.
 * @param {[number, string][]} scale
 * @param {number} at from 0 to 1
 */
function colorAt(scale, at) {
  const end = scale.findIndex(([place]) => place >= at);
  if (end <= 0) return parts(scale[end < 0 ? scale.length - 1 : 0][1]);
  const [[low, a], [high, b]] = [scale[end - 1], scale[end]];
  const [from, to] = [parts(a), parts(b)];
  return from.map((part, i) => part + ((to[i] - part) * (at - low)) / (high - low));
}

/**
 * Plotly writes dark grey on middling colours, which cannot be read well.
 * @param {PlotNode} plot
 */
export function inkCells(plot) {
  for (const map of plot.querySelectorAll('.heatmaplayer .hm')) {
    const trace = Reflect.get(map, '__data__')?.[0]?.trace;
    if (!trace) continue;
    const axis = trace.coloraxis && plot._fullLayout[trace.coloraxis];
    const [low, high] = axis ? [axis.cmin, axis.cmax] : [trace.zmin, trace.zmax];
    const { colorscale: scale, reversescale } = axis || trace;
    for (const word of map.querySelectorAll('.heatmap-label text')) {
      const z = Reflect.get(word, '__data__')?.z;
      if (typeof z !== 'number' || !Array.isArray(scale)) continue;
      const share = Math.max(0, Math.min(1, (z - low) / (high - low || 1)));
      const light = luminance(colorAt(scale, reversescale ? 1 - share : share));
      const black = (light + 0.05) / 0.05 >= 1.05 / (light + 0.05);
      /** @type {SVGElement} */ (word).style.fill = black ? '#000000' : '#ffffff';
    }
  }
}
