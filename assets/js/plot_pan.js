// A plane of many points is dragged as the picture that it is, and drawn anew when it is let go: without a graphics card
// every drawing of 25,000 points takes a sixth of a second. Axes and words move as Plotly moves them.

/** @import { PlotNode } from './page.d.ts' */
/** @typedef {{ regl: unknown }} Drawn what Plotly keeps at each of its canvases; it clears those that have one */
/** @typedef {{ canvas: HTMLCanvasElement, drawn: Drawn, regl: unknown }} Held */

/** @param {PlotNode} plot */
export function slides(plot) {
  plot.addEventListener(
    'mousedown',
    ({ target, button }) => {
      const inside = target instanceof Element && target.classList.contains('nsewdrag');
      if (inside && button === 0 && plot._fullLayout.dragmode === 'pan') hold(plot);
    },
    true,
  );
}

/** @param {PlotNode} plot */
function hold(plot) {
  const { xaxis, yaxis, _plots: subplots, _size: size } = plot._fullLayout;
  const scene = subplots?.xy?._scene;
  const box = /** @type {HTMLElement | null} */ (plot.querySelector('.gl-container'));
  if (!scene || !box) return;
  /** @type {Held[]} */
  const held = [...box.querySelectorAll('canvas')].map((canvas) => {
    const drawn = /** @type {Drawn} */ (Reflect.get(canvas, '__data__'));
    return { canvas, drawn, regl: drawn.regl };
  });
  const [x, y] = [span(xaxis), span(yaxis)];
  for (const { drawn } of held) drawn.regl = null;
  const { update, draw } = scene;
  scene.update = () => {
    const [right, up] = [
      (xaxis._length * (x.from - span(xaxis).from)) / x.wide,
      (yaxis._length * (y.from - span(yaxis).from)) / y.wide,
    ];
    for (const { canvas } of held) canvas.style.transform = `translate(${right}px, ${-up}px)`;
  };
  scene.draw = () => {};
  // its canvases are larger than the box is
  const [left, top, right, low] = [size.l, size.t, size.l + size.w, size.t + size.h];
  const corners = [`${left}px ${top}px`, `${right}px ${top}px`];
  box.style.clipPath = `polygon(${corners.join()}, ${right}px ${low}px, ${left}px ${low}px)`;
  const release = () => {
    Object.assign(scene, { update, draw });
    for (const { drawn, regl } of held) drawn.regl = regl;
    const drawnAnew = () => {
      for (const { canvas } of held) canvas.style.transform = '';
      box.style.clipPath = '';
    };
    requestAnimationFrame(() => setTimeout(drawnAnew));
  };
  window.addEventListener('mouseup', release, { capture: true, once: true });
}

/** @param {{ range: any[], r2l: (end: any) => number }} axis */
function span({ range, r2l }) {
  const [from, to] = range.map((end) => r2l(end));
  return { from, wide: to - from };
}
