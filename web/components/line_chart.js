// Curves over epochs: <LineChart label="Loss" x=${[1, 2]} series=${[{ label, values, color: "series-1", dash }]} log height mark=${9} />.
// `mark` is a vertical line, such as the best epoch. Values may be null. The pointer or the arrow keys read values; dragging zooms, a double click shows all.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { number } from "../format.js";
import { drawChart, EDGE } from "./chart_canvas.js";

const DRAG = 8; // pixels that make a press a selection

export function LineChart({ label, x, series, log = false, height = 220, xLabel = "Epoch", format = number, mark }) {
  const canvas = useRef();
  const scales = useRef();
  const [at, setAt] = useState(null); // index of the values that are read
  const [zoom, setZoom] = useState(null); // [first, last] of x
  const redraws = useRedraws(canvas);
  const range = zoom ?? [x[0], Math.max(x[x.length - 1], x[0] + 1)];
  useEffect(() => {
    scales.current = drawChart(canvas.current, { x, series, range, log, height, format, mark });
  }, [x, x.length, log, height, mark, redraws, ...range, ...series.map(({ values }) => values)]);
  const pointer = usePointer({ scales, read: (value) => setAt(nearest(x, value)), leave: () => setAt(null), zoom: setZoom });
  const pressed = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") setZoom(null);
    if (!step) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(x.length - 1, (at ?? x.length) + step)));
  };
  const index = at != null && at < x.length ? at : null;
  const left = index != null && scales.current ? scales.current.across.place(x[index]) : -1;
  const read = `${xLabel} ${x[index ?? x.length - 1]}: ${series.map(({ label: name, values }) => `${name} ${format(valueAt(values, index))}`).join(", ")}`;
  return html`
    <figure class="chart" aria-label=${label}>
      <div class="plot" style=${{ height: `${height}px` }}>
        <canvas ref=${canvas} role="img" tabindex="0" aria-label=${`${label}. ${read}`} style=${{ height: `${height}px` }}
          ...${pointer.events} onKeyDown=${pressed} onBlur=${() => setAt(null)} onDblClick=${() => setZoom(null)} />
        ${left >= EDGE.left && !pointer.selected && html`<i class="plot-cursor" style=${{ left: `${left}px`, top: `${EDGE.top}px`, bottom: `${EDGE.bottom}px` }} />`}
        ${pointer.selected && html`<i class="plot-selection" style=${{ left: `${pointer.selected[0]}px`, width: `${pointer.selected[1] - pointer.selected[0]}px`, top: `${EDGE.top}px`, bottom: `${EDGE.bottom}px` }} />`}
      </div>
      <figcaption class="legend">
        <span>${xLabel} <b>${x[index ?? x.length - 1]}</b></span>
        ${series.map((each) => html`<span key=${each.label}><i class="swatch" style=${{ background: `var(--${each.color})` }} />${each.label} <b>${format(valueAt(each.values, index))}</b></span>`)}
        ${zoom && html`<button type="button" class="link small" onClick=${() => setZoom(null)}>Show all</button>`}
      </figcaption>
    </figure>
  `;
}

// A number that grows when the size or the theme has changed.
function useRedraws(canvas) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const changed = () => setCount((number) => number + 1);
    const resize = new ResizeObserver(changed);
    resize.observe(canvas.current);
    window.addEventListener("themechange", changed);
    return () => {
      resize.disconnect();
      window.removeEventListener("themechange", changed);
    };
  }, []);
  return count;
}

// Reading with any pointer, and selecting a part with the mouse: its handlers, and the selected pixels.
function usePointer({ scales, read, leave, zoom }) {
  const [drag, setDrag] = useState(null);
  const place = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(EDGE.left, Math.min(box.width - EDGE.right, event.clientX - box.left));
  };
  const selected = drag && Math.abs(drag.to - drag.from) >= DRAG ? [drag.from, drag.to].sort((a, b) => a - b) : null;
  const events = {
    onPointerDown: (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ from: place(event), to: place(event) });
    },
    onPointerMove: (event) => {
      const to = place(event);
      if (scales.current) read(scales.current.across.value(to));
      if (drag) setDrag({ ...drag, to });
    },
    onPointerUp: () => {
      if (selected) zoom(selected.map((pixels) => scales.current.across.value(pixels)));
      setDrag(null);
    },
    onPointerLeave: leave,
  };
  return { events, selected };
}

// The index of the value of x (ascending) that is nearest to `value`.
function nearest(x, value) {
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= value) low = middle;
    else high = middle;
  }
  return value - x[low] <= x[high] - value ? low : high;
}

const valueAt = (values, index) => (index == null ? values.findLast((value) => value != null) : values[index]);
