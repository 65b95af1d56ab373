// Curves on a canvas: scales, ticks and lines. Lengths are CSS pixels.
import { color } from "../theme.js";

const FONT = "12px system-ui, sans-serif";
export const EDGE = { left: 64, right: 20, top: 8, bottom: 28 }; // around the plot, for the labels of its axes

// Draw the curves with their axes, and return both scales. `range`: the visible values of x.
export function drawChart(canvas, { x, series, range, log, height, format, mark }) {
  const width = canvas.clientWidth;
  const context = prepared(canvas, width, height);
  const [right, bottom] = [width - EDGE.right, height - EDGE.bottom];
  const shown = x.map((_, at) => at).filter((at) => x[at] >= range[0] && x[at] <= range[1]);
  const across = scaleOf(range, EDGE.left, right);
  const up = scaleOf(bounds(series, shown, log), bottom, EDGE.top, log);
  const look = { text: color("muted"), line: color("line") };
  drawRows(context, up, right, format, look);
  drawColumns(context, across, bottom, look);
  context.save();
  context.beginPath();
  context.rect(EDGE.left, 0, right - EDGE.left, height);
  context.clip();
  if (mark != null) drawMark(context, across.place(mark), bottom, look);
  for (const each of series) drawCurve(context, each, x, shown, across, up, log);
  context.restore();
  return { across, up };
}

// From values to pixels and back.
function scaleOf([low, high], start, end, log = false) {
  const [to, from] = log ? [Math.log10, (value) => 10 ** value] : [Number, Number];
  const [first, span] = [to(low), to(high) - to(low) || 1];
  return {
    low, high, log, length: Math.abs(end - start),
    place: (value) => start + ((to(value) - first) / span) * (end - start),
    value: (place) => from(first + ((place - start) / (end - start)) * span),
  };
}

// The least and the greatest value that is drawn, with some space around them.
function bounds(series, shown, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of series) {
    for (const at of shown) {
      const value = values[at];
      if (!drawable(value, log)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return high / low > 1.01 ? [low / 1.1, high * 1.1] : [low / 2, high * 2];
  const space = (high - low) * 0.06 || Math.abs(low) * 0.1 || 1;
  return [low >= 0 ? Math.max(0, low - space) : low - space, high + space];
}

const drawable = (value, log) => value != null && Number.isFinite(value) && (!log || value > 0);

function ticksOf(scale, distance, least = 0) {
  const decades = scale.log ? Math.log10(scale.high / scale.low) : 0;
  if (decades < 1) return evenTicks(scale, distance, least);
  const digits = decades > 2.5 ? [1] : [1, 2, 5];
  const every = Math.max(1, Math.ceil((decades * distance) / scale.length));
  const found = [];
  for (let power = Math.floor(Math.log10(scale.low)); 10 ** power <= scale.high; power += 1) {
    if (power % every === 0) found.push(...digits.map((digit) => digit * 10 ** power));
  }
  return found.filter((value) => value >= scale.low && value <= scale.high);
}

function evenTicks({ low, high, length }, distance, least) {
  const rough = (high - low) / Math.max(1, length / distance) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999));
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

// The significant digits that tell ticks apart.
function digitsOf(ticks) {
  const most = Math.max(...ticks.map(Math.abs));
  const least = Math.min(...ticks.slice(1).map((value, at) => value - ticks[at]));
  return least > 0 && most > 0 ? Math.max(4, Math.min(12, Math.ceil(Math.log10(most / least)) + 2)) : 4;
}

function drawRows(context, scale, right, format, look) {
  context.textAlign = "right";
  context.textBaseline = "middle";
  const ticks = ticksOf(scale, 36);
  const digits = digitsOf(ticks);
  for (const value of ticks) {
    const y = Math.round(scale.place(value)) + 0.5;
    stroke(context, look.line, [[EDGE.left, y], [right, y]]);
    context.fillStyle = look.text;
    context.fillText(format(value, digits), EDGE.left - 8, y);
  }
}

function drawColumns(context, scale, bottom, look) {
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = look.text;
  for (const value of ticksOf(scale, 64, 1)) {
    const x = Math.round(scale.place(value)) + 0.5;
    stroke(context, look.line, [[x, bottom], [x, bottom + 4]]);
    context.fillText(value.toLocaleString("en-US"), x, bottom + 7);
  }
}

function drawMark(context, x, bottom, look) {
  context.setLineDash([4, 4]);
  stroke(context, look.text, [[Math.round(x) + 0.5, EDGE.top], [Math.round(x) + 0.5, bottom]]);
  context.setLineDash([]);
}

// With more points than pixels, each column of pixels gets its first, least, greatest and last value.
function drawCurve(context, { values, color: name, dash = [], width = 1.5 }, x, shown, across, up, log) {
  const points = [];
  let column = null;
  const flush = () => column && points.push([column.x, column.first], [column.x, column.low], [column.x, column.high], [column.x, column.last]);
  for (const at of shown) {
    if (!drawable(values[at], log)) continue;
    const [left, y] = [across.place(x[at]), up.place(values[at])];
    if (shown.length <= 2 * across.length) {
      points.push([left, y]);
    } else if (column?.x === Math.round(left)) {
      Object.assign(column, { low: Math.min(column.low, y), high: Math.max(column.high, y), last: y });
    } else {
      flush();
      column = { x: Math.round(left), first: y, low: y, high: y, last: y };
    }
  }
  flush();
  context.setLineDash(dash);
  if (points.length === 1) dot(context, color(name), points[0]);
  else stroke(context, color(name), points, width);
  context.setLineDash([]);
}

function stroke(context, style, points, width = 1) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function dot(context, style, [x, y]) {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fill();
}

function prepared(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = FONT;
  return context;
}
