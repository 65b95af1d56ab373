// Curves over epochs: <LineChart label="Loss" x=${[1, 2]} series=${[{ label, values, color: "series-1", dash }]} log height mark=${9} />.
// `mark` is a vertical line, such as the best epoch. New points are drawn into the same chart. Values may be null. uPlot draws on a canvas and takes 10,000s of points.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { number } from "../format.js";
import { color } from "../theme.js";

const FONT = "12px system-ui, sans-serif";

export function LineChart({ label, x, series, log = false, height = 220, xLabel = "Epoch", format = number, mark }) {
  const place = useRef();
  const chart = useRef();
  const marked = useRef();
  const [theme, setTheme] = useState(0);
  marked.current = mark;
  const data = [x, ...series.map(({ values }) => (log ? values.map((value) => (value > 0 ? value : null)) : values))];
  useEffect(() => {
    const changed = () => setTheme((number) => number + 1);
    window.addEventListener("themechange", changed);
    return () => window.removeEventListener("themechange", changed);
  }, []);
  useEffect(() => {
    let resize;
    let gone = false;
    library().then((UPlot) => {
      if (gone) return;
      const options = optionsOf({ series, log, height, xLabel, format, marked, width: place.current.clientWidth });
      chart.current = new UPlot(options, data, place.current);
      resize = new ResizeObserver(() => chart.current?.setSize({ width: place.current.clientWidth, height }));
      resize.observe(place.current);
    });
    return () => {
      gone = true;
      resize?.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [log, height, theme, series.map((each) => each.label + each.color).join()]);
  useEffect(() => {
    chart.current?.setData(data);
  }, [x, mark, x.length, x[x.length - 1], ...series.map(({ values }) => values)]);
  return html`<figure class="chart" aria-label=${summary(label, series, format)}><div class="plot" ref=${place}></div></figure>`;
}

// The library is a plain script that the page loads beside the modules.
function library() {
  if (window.uPlot) return Promise.resolve(window.uPlot);
  const script = document.getElementById("uplot");
  return new Promise((resolve) => script.addEventListener("load", () => resolve(window.uPlot), { once: true }));
}

function optionsOf({ series, log, height, width, xLabel, format, marked }) {
  const [text, line] = [color("muted"), color("line")];
  const axis = { stroke: text, font: FONT, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const labels = (_, values) => values.map((value) => (value == null ? "" : format(value)));
  return {
    width,
    height,
    padding: [8, 20, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
    axes: [{ ...axis, size: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }, { ...axis, size: 64, values: labels }],
    hooks: { drawClear: [(plot) => drawMark(plot, marked.current, text)] },
    series: [{ label: xLabel, value: (_, value) => format(value) }, ...series.map((each) => lineOf(each, format))],
  };
}

function drawMark(plot, at, stroke) {
  if (at == null || at < plot.scales.x.min || at > plot.scales.x.max) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(at, "x", true));
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

function lineOf({ label, color: name, dash, width = 1.5 }, format) {
  return { label, stroke: color(name), width, dash, spanGaps: true, points: { show: false }, value: (_, value) => format(value) };
}

function summary(label, series, format) {
  const last = series.map(({ label: name, values }) => `${name} ${format(values.findLast((value) => value != null))}`);
  return `${label}: ${last.join(", ")}`;
}
