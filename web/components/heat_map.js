// Sizes as colors: <HeatMap label="Gradients" rows=${["layer 1"]} columns=${[1, 3]} values=${[[0.1, 0.2]]} columnLabel="Epoch" />,
// with one list of values per row. Colors are on a logarithmic scale unless `linear`. The pointer or the arrow keys read
// single values. Missing values (null) stay empty.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { number } from "../format.js";

// From small to large: dark blue, teal, green, yellow; every step is lighter than the one before.
const STOPS = [[43, 32, 94], [38, 84, 140], [31, 132, 141], [83, 178, 102], [205, 218, 74], [253, 240, 150]];
const ROW = 20; // pixels

export function HeatMap({ label, rows, columns, values, columnLabel = "Epoch", linear = false, format = number }) {
  const canvas = useRef();
  const [at, setAt] = useState(null);
  const [low, high] = range(values, linear);
  useEffect(() => {
    const draw = () => canvas.current && paint(canvas.current, values, (value) => share(value, low, high, linear));
    draw();
    const resize = new ResizeObserver(draw);
    resize.observe(canvas.current);
    return () => resize.disconnect();
  }, [values, low, high, linear]);
  const moved = (event) => {
    const box = canvas.current.getBoundingClientRect();
    setAt(clamp(((event.clientX - box.left) / box.width) * columns.length, (event.clientY - box.top) / ROW));
  };
  const clamp = (column, row) => ({
    column: Math.max(0, Math.min(columns.length - 1, Math.floor(column))),
    row: Math.max(0, Math.min(rows.length - 1, Math.floor(row))),
  });
  const pressed = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    setAt(clamp((at?.column ?? columns.length) + step[0], (at?.row ?? 0) + step[1]));
  };
  const read = at && values[at.row] && `${rows[at.row]}, ${columnLabel.toLowerCase()} ${columns[at.column]}: ${format(values[at.row][at.column])}`;
  return html`
    <figure class="chart heat" aria-label=${label}>
      <div class="heat-body">
        <ol class="heat-rows">${rows.map((row) => html`<li key=${row} title=${row}>${row}</li>`)}</ol>
        <div class="heat-plot">
          <canvas ref=${canvas} role="img" tabindex="0" height=${rows.length * ROW} aria-label=${read ?? `${label}, from ${format(low)} to ${format(high)}. Arrow keys read values.`}
            onPointerMove=${moved} onPointerLeave=${() => setAt(null)} onKeyDown=${pressed} onBlur=${() => setAt(null)} />
          ${at && html`<i class="heat-cursor" style=${{ left: `${((at.column + 0.5) / columns.length) * 100}%`, top: `${at.row * ROW}px` }} />`}
        </div>
      </div>
      <figcaption class="heat-scale">
        <span>${read ?? `${columnLabel} ${columns[0]} to ${columns.at(-1)}`}</span>
        <span class="heat-range">${format(low)}<i aria-hidden="true" />${format(high)}</span>
      </figcaption>
    </figure>
  `;
}

function range(values, linear) {
  const known = values.flat().filter((value) => value != null && (linear || value > 0));
  return [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)].map((value) => (Number.isFinite(value) ? value : 0));
}

function share(value, low, high, linear) {
  if (value == null || (!linear && value < 0)) return null;
  if (high === low) return 0.5;
  return linear ? (value - low) / (high - low) : Math.log(Math.max(value, low) / low) / Math.log(high / low);
}

function paint(canvas, values, shareOf) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, values.length * ROW];
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  values.forEach((row, y) => {
    row.forEach((value, x) => {
      const part = shareOf(value);
      if (part === null) return;
      context.fillStyle = shade(part);
      const left = Math.floor((x / row.length) * width);
      context.fillRect(left, y * ROW, Math.ceil(((x + 1) / row.length) * width) - left, ROW - 1);
    });
  });
}

function shade(part) {
  const place = part * (STOPS.length - 1);
  const at = Math.min(STOPS.length - 2, Math.floor(place));
  return `rgb(${STOPS[at].map((low, channel) => Math.round(low + (STOPS[at + 1][channel] - low) * (place - at))).join()})`;
}
