// Draws a Plotly figure with plotly.py's own plotly.js; a click carries the point_id found in customdata.
import { frameOf } from './embed.js';
import { inkCells } from './ink.js';
import { copyText } from './link.js';
import { fitted, grown, NARROW } from './narrow.js';
import { formats, isExact, numeral } from './numbers.js';
import { slides } from './plot_pan.js';
import { plain, pointOf } from './plot_points.js';
import {
  follow,
  inSpace,
  places,
  ringNear,
  ringInk,
  ringSelected,
  ringTrace,
  selectedPlace,
} from './plot_ring.js';
import { byFinger, clearTitle, columned, cutWords, slim } from './plot_fit.js';
import { h, isDark, isProjector, listen, state, t, tongue } from './widget.js';

/** @import { Look, Pick, PlotlyFigure } from './types.d.ts' */
/** @import { Place } from './plot_ring.js' */
/** @import { PlotNode, PlotlyLibrary } from './page.d.ts' */
/**
 * @typedef {import('./widget.js').Host<'plotly.js'> & {
 *   plot?: PlotNode | null, caption?: HTMLElement, told?: HTMLElement, wired?: PlotNode,
 *   data?: Loose[], place?: Place | null, late?: boolean, shape?: string,
 *   places?: Map<number, Place>, lit?: number }} PlotHost
 */
/**
 * What Plotly calls a trace, a layout, an axis: its own open-ended JSON.
 * @typedef {{ [name: string]: any }} Loose
 */

/** @type {Promise<PlotlyLibrary> | null} */
let library = null;

function load() {
  library ??=
    window.labPlotly?.() ??
    new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = new URL('lab/plotly/plotly.min.js', document.baseURI).href;
      script.onload = () => resolve(/** @type {PlotlyLibrary} */ (window.Plotly));
      script.onerror = () => reject(new Error('plotly.min.js did not load'));
      document.head.append(script);
    });
  return library;
}

/** “<>”, for what is put into other pages. */
const FRAME = {
  width: 24,
  height: 24,
  path: 'M8.6 16.6 4 12l4.6-4.6L7.2 6l-6 6 6 6 1.4-1.4Zm6.8 0L20 12l-4.6-4.6L16.8 6l6 6-6 6-1.4-1.4Z',
};
/** A frame with handles, for what stays sharp however large it is drawn. */
const VECTOR = {
  width: 24,
  height: 24,
  path: 'M2 2h6v2h8V2h6v6h-2v8h2v6h-6v-2H8v2H2v-6h2V8H2V2m14 6V6H8v2H6v8h2v2h8v-2h2V8h-2M4 4v2h2V4H4m14 0v2h2V4h-2M4 18v2h2v-2H4m14 0v2h2v-2h-2Z',
};
/** Rows of the table that stands for a figure. */
const ROWS = 50;

/**
 * @param {Loose} layout
 * @param {Look} look
 */
function themed(layout, look) {
  const { ink, grid } = look[isDark() ? 'dark' : 'light'];
  const size = isProjector() ? 20 : layout.font?.size || 13;
  /** @type {Loose} */
  const out = { ...layout, font: { ...layout.font, color: ink, size } };
  const names = new Set([
    'xaxis',
    'yaxis',
    ...Object.keys(layout).filter((k) => /^[xy]axis\d*$/.test(k)),
  ]);
  const ruled = (/** @type {Loose | undefined} */ axis) => ({
    gridcolor: grid,
    zerolinecolor: grid,
    linecolor: grid,
    automargin: true,
    ...axis,
  });
  for (const name of names) out[name] = ruled(layout[name]);
  for (const name of Object.keys(layout).filter((k) => /^scene\d*$/.test(k)))
    out[name] = {
      ...layout[name],
      ...Object.fromEntries(
        ['xaxis', 'yaxis', 'zaxis'].map((a) => [
          a,
          { ...ruled(layout[name][a]), automargin: undefined },
        ]),
      ),
    };
  out.hoverlabel = {
    bgcolor: isDark() ? '#20262f' : '#ffffff',
    bordercolor: grid,
    ...layout.hoverlabel,
  };
  out.hoverlabel.font = { color: ink, ...layout.hoverlabel?.font };
  return out;
}

/**
 * Light up the nearest points of one, or none.
 * @param {PlotHost} host
 * @param {number | null} point
 */
function light(host, point) {
  const { plot, lit } = host;
  if (!plot || !host.places) return;
  const ids = point === null ? [] : (host.value.near[point] ?? []);
  const at = ids.map((id) => host.places?.get(id)).filter((place) => place !== undefined);
  if (lit === undefined) return ringNear(plot, at, host.value.look);
  const axes = /** @type {const} */ (['x', 'y', 'z']);
  const moved = Object.fromEntries(axes.map((axis) => [axis, [at.map((place) => place[axis])]]));
  window.Plotly?.restyle(plot, moved, [lit]);
}

/** @param {unknown} value */
function csvCell(value) {
  let text = value === null || value === undefined ? '' : String(value);
  if (/^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = `'${text}`;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Rows by their labels, where an axis counts rows: marks stand at most half a row from theirs.
 * @param {any[]} places
 * @param {Loose | undefined} axis
 * @returns {any[]}
 */
export function named(places, axis) {
  const { tickvals, ticktext, type } = axis ?? {};
  if (!tickvals || !ticktext || type === 'log') return places;
  const rows = plain(tickvals);
  const found = Array.from(places).map((place) =>
    rows.findIndex((row) => typeof place === 'number' && Math.abs(place - row) < 0.5),
  );
  return found.includes(-1) ? places : found.map((row) => ticktext[row]);
}

/**
 * Every mark of a figure: trace, x, y, z, value, text and customdata.
 * @param {PlotlyFigure} figure
 * @returns {unknown[][]}
 */
function marks(figure) {
  /** @type {unknown[][]} */
  const rows = [];
  figure.data.forEach((trace, i) => {
    if (trace.hoverinfo === 'skip') return;
    const name = trace.name ?? i;
    const [x, places, z, text, custom] = ['x', 'y', 'z', 'text', 'customdata'].map((k) =>
      typeof trace[k] === 'string' ? [] : plain(trace[k]),
    );
    const y = named(places, figure.layout?.[`yaxis${String(trace.yaxis ?? 'y').slice(1)}`]);
    if (Array.isArray(z[0]))
      z.forEach((line, r) =>
        Array.from(line).forEach((v, c) =>
          rows.push([name, x[c] ?? c, y[r] ?? r, '', v, text[r]?.[c], custom[r]?.[c]]),
        ),
      );
    else if (Array.isArray(x[0]))
      for (let k = 0; k < y.length; k += 1)
        rows.push([name, `${x[0][k]}, ‘${x[1][k]}’`, y[k], '', '', text[k], custom[k]]);
    else
      for (let k = 0; k < Math.max(x.length, y.length); k += 1)
        rows.push([name, x[k], y[k], z[k], '', text[k], custom[k]]);
  });
  return rows;
}

/**
 * @param {unknown} template of a hover or a cell, one or one for each mark
 * @returns {unknown}
 */
function written(template) {
  if (Array.isArray(template)) return template.map(written);
  return typeof template === 'string' ? formats(template) : template;
}

/** On a projector no letter of a figure is smaller. */
const LEAST = 18;
const FONTS = /font$/;

/**
 * A part of a figure as it is shown: formats of numbers as they are wanted, letters as large as they must be.
 * @param {string} name
 * @param {any} part
 * @returns {unknown}
 */
function shown(name, part) {
  if (name === 'hovertemplate' || name === 'texttemplate') return written(part);
  return isProjector() && FONTS.test(name) && part?.size < LEAST ? { ...part, size: LEAST } : part;
}

/** @param {unknown} value of a cell, as it is read out */
function spoken(value) {
  if (typeof value === 'number')
    return Number.isInteger(value) || isExact()
      ? String(Number(value.toPrecision(5)))
      : numeral(value);
  return String(value ?? '')
    .replace(/<br\s*\/?>/g, '; ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/**
 * Whether the ticks along x are words that a model read or said.
 * @param {PlotlyFigure} figure
 */
function spokenAxes(figure) {
  return figure.layout?.meta?.spoken === 'x';
}

/**
 * Words of a model say in which language they are: cells, and ticks where the figure says so.
 * @param {PlotHost} host
 */
function markWords(host) {
  if (!host.value?.figure || !host.plot) return; // another figure, or none, came while this one was drawn
  cutWords(host.plot);
  const ticks = spokenAxes(host.value.figure) ? ', .xaxislayer-above text' : '';
  for (const word of host.plot.querySelectorAll(`.heatmap-label text, .textpoint text${ticks}`))
    word.setAttribute('lang', tongue(word.textContent ?? ''));
}

/** What Plotly says itself, by its English. */
const OWN = {
  Zoom: 'zoom',
  Pan: 'pan',
  'Zoom in': 'zoom_in',
  'Lasso Select': 'lasso',
  'Box Select': 'box',
  'Zoom out': 'zoom_out',
  'Reset axes': 'reset',
  'Orbital rotation': 'orbit',
  'Turntable rotation': 'turn',
  'Reset camera to default': 'camera',
  'Reset camera to last save': 'camera_back',
  'Reset view': 'view',
  'Double-click to zoom back out': 'double_click',
  'source:': 'from',
  'target:': 'to',
  'incoming flow count:': 'incoming',
  'outgoing flow count:': 'outgoing',
};

/** The page's language for Plotly's own texts. */
function locale() {
  const name = state.language === 'zh' ? 'zh-CN' : 'en-US';
  const dictionary = Object.fromEntries(
    Object.entries(OWN).map(([english, key]) => [english, t(`plot.own.${key}`)]),
  );
  return { locale: name, locales: { [name]: { dictionary } } };
}

/**
 * What the figure shows, for those who cannot see it: at most ROWS of its marks, evenly taken, as a table.
 * @param {PlotHost} host
 */
function table(host) {
  const { figure } = host.value;
  const all = marks(figure);
  const count = Math.min(ROWS, all.length);
  const rows = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
  const axis = (/** @type {string} */ letter) => {
    const found = figure.layout?.[`${letter}axis`] ?? figure.layout?.scene?.[`${letter}axis`];
    return found?.title?.text || letter;
  };
  const heads = [
    host.t('plot.series'),
    ...['x', 'y', 'z'].map(axis),
    host.t('plot.value'),
    host.t('plot.label'),
  ];
  const words = figure.data.some((trace) => trace.type === 'heatmap') || spokenAxes(figure);
  const used = heads.map((_, c) => rows.some((row) => spoken(row[c]) !== ''));
  const cells = (/** @type {unknown[]} */ row) => row.filter((_, c) => used[c]).map(spoken);
  const title = spoken(figure.layout?.title?.text);
  const told = host.t('plot.rows', { shown: count, all: all.length });
  return h(
    'table',
    {},
    h('caption', {}, title ? `${title}: ${told}` : told),
    h('thead', {}, h('tr', {}, ...cells(heads).map((head) => h('th', { scope: 'col' }, head)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h('tr', {}, ...cells(row).map((cell) => h('td', { lang: words && tongue(cell) }, cell))),
      ),
    ),
  );
}

/**
 * @param {PlotlyFigure} figure
 * @param {string} caption
 */
function csv(figure, caption) {
  const lines = caption ? caption.split('\n').map((line) => `# ${line}`) : [];
  lines.push('trace,x,y,z,value,text,customdata');
  for (const cells of marks(figure)) lines.push(cells.map(csvCell).join(','));
  return lines.join('\n');
}

/**
 * @param {string} text
 * @param {string} name
 * @param {string} type
 */
function save(text, name, type) {
  const link = h('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * @param {PlotHost} host
 * @param {PlotlyLibrary} plotly
 */
function config(host, plotly) {
  const button = (/** @type {string} */ format) => ({
    name: format,
    title: host.t('plot.save', { format: format.toUpperCase() }),
    icon: format === 'svg' ? VECTOR : plotly.Icons.camera,
    click: (/** @type {HTMLElement} */ plot) =>
      plotly.downloadImage(plot, {
        format,
        filename: host.value.name || 'figure',
        scale: format === 'png' ? 2 : 1,
      }),
  });
  const table = {
    name: 'csv',
    title: host.t('plot.save', { format: 'CSV' }),
    icon: plotly.Icons.disk,
    click: () =>
      save(
        csv(host.value.figure, host.value.caption),
        `${host.value.name || 'figure'}.csv`,
        'text/csv',
      ),
  };
  const id = host.root.closest('.lab-frame[id]')?.id ?? '';
  const frame = {
    name: 'iframe',
    title: host.t('plot.frame'),
    icon: FRAME,
    click: () =>
      void copyText(
        host.t,
        frameOf(id, host.value.caption || id),
        'plot.frame_copied',
        'plot.frame_by_hand',
      ),
  };
  return {
    responsive: true,
    displaylogo: false,
    showSendToCloud: false,
    plotlyServerURL: '',
    scrollZoom: true,
    ...locale(),
    modeBarButtonsToRemove: [
      ...(byFinger() ? ['zoom2d', 'zoomIn2d', 'zoomOut2d'] : []),
      'toImage',
      'sendChartToCloud',
      'autoScale2d',
      ...(host.value.lasso ? [] : ['lasso2d', 'select2d']),
    ],
    modeBarButtonsToAdd: [
      button('png'),
      ...(byFinger() ? [] : [button('svg')]),
      table,
      ...(id ? [frame] : []),
    ],
  };
}

/**
 * With a <base href> Plotly writes the page's whole address into its clip paths; when the address then changes (record,
 * tab, point), they no longer match and everything is clipped away. Without it they are plain fragments.
 * @template T
 * @param {() => T} call
 */
function withoutBase(call) {
  const base = document.querySelector('base[href]');
  const href = base?.getAttribute('href') ?? '';
  base?.removeAttribute('href');
  try {
    return call();
  } finally {
    base?.setAttribute('href', href);
  }
}

/** @param {PlotHost} host */
async function paint(host) {
  const value = host.value;
  if (!value?.figure) return;
  const plotly = await load();
  if (host.value !== value || !host.root.isConnected) return;
  if (!host.plot?.isConnected || !host.caption || !host.told) {
    host.plot = /** @type {PlotNode} */ (h('div.lab-plot'));
    host.caption = h('p.lab-caption');
    host.told = h('div.lab-unseen');
    host.root.replaceChildren(host.plot, host.caption, host.told);
  }
  const plot = host.plot;
  host.told.replaceChildren(table(host));
  host.caption.textContent = value.caption || '';
  const figure = JSON.parse(JSON.stringify(value.figure), shown);
  const width = host.root.offsetWidth;
  host.shape = shape(figure, width);
  const lit = Object.keys(value.near).length > 0;
  const solid = figure.data.some((/** @type {Loose} */ trace) => trace.type === 'scatter3d');
  host.data = figure.data;
  host.places = lit ? places(figure.data) : undefined;
  host.lit = lit && solid ? figure.data.length : undefined;
  host.place = selectedPlace(figure.data);
  await withoutBase(() =>
    plotly.react(plot, {
      data: [
        ...slim(figure.data, width),
        ...(lit && solid ? [ringTrace([], { size: 12, width: 2.5, color: value.look.ring })] : []),
        ...(host.place && inSpace(host.place)
          ? [ringTrace([host.place], { size: 20, width: 3, color: ringInk() })]
          : []),
      ],
      layout: themed(columned(fitted(figure, width), figure.data, width), value.look),
      frames: figure.frames || [],
      config: config(host, plotly),
    }),
  );
  await grown(plot, plotly);
  ringSelected(plot, host.place, value.look);
  for (const drawing of plot.querySelectorAll('.main-svg, .gl-container'))
    drawing.setAttribute('aria-hidden', 'true');
  markWords(host);
  inkCells(plot);
  clearTitle(plot);
  if (host.wired !== plot) {
    host.wired = plot;
    slides(plot);
    plot.on('plotly_relayouting', () => follow(plot));
    plot.on('plotly_afterplot', () => {
      follow(plot);
      markWords(host);
      inkCells(plot);
      clearTitle(plot);
    });
    plot.on('plotly_click', (event) => {
      const point = pointOf(event.points?.[0]?.customdata);
      if (point) host.select(point);
    });
    plot.on('plotly_hover', (event) => {
      const point = pointOf(event.points?.[0]?.customdata)?.point_id;
      if (typeof point === 'number') light(host, point);
    });
    plot.on('plotly_unhover', () => light(host, null));
    plot.on('plotly_selected', (event) => {
      if (!host.value.lasso || !event) return;
      const held = (event.points ?? []).map((point) => pointOf(point.customdata)?.point_id);
      host.trigger('lasso', { point_ids: held.filter((id) => typeof id === 'number') });
    });
  }
}

/**
 * Another point is selected: its ring, where the figure is seen; else when it is seen again.
 * @param {PlotHost} host
 */
function ring(host) {
  if (!host.plot?.isConnected || !host.data || !host.value?.figure) return;
  host.late = !host.root.offsetWidth;
  if (host.late) return;
  const before = host.place ?? null;
  host.place = selectedPlace(host.data);
  if (inSpace(before) || inSpace(host.place)) paint(host);
  else ringSelected(host.plot, host.place, host.value.look);
}

/**
 * What a figure is laid out for anew when its place changes.
 * @param {PlotlyFigure} figure
 * @param {number} width in pixels
 */
const shape = (figure, width) => `${width < NARROW} ${fitted(figure, width).height ?? ''}`;

/** @param {PlotHost} host */
export function setup(host) {
  /** @type {number | undefined} */
  let due;
  const again = () => {
    clearTimeout(due);
    due = setTimeout(() => paint(host), 20);
  };
  host.onSelection(() => ring(host));
  listen('look', again);
  new ResizeObserver(() => {
    const width = host.root.offsetWidth;
    if (!host.plot?.isConnected || !width) return;
    window.Plotly?.Plots.resize(host.plot);
    if (host.late) ring(host);
    if (host.value?.figure && shape(host.value.figure, width) !== host.shape) again();
  }).observe(host.root);
}

/** @param {PlotHost} host */
export function clear(host) {
  if (host.plot && window.Plotly) window.Plotly.purge(host.plot);
  host.plot = null;
}

/** @param {PlotHost} host */
export function draw(host) {
  paint(host);
}
