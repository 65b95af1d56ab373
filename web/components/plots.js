// Drawings of data and evaluations as SVG: Histogram, Bars, SignedBars, CurvePlot, ConfusionMatrix. Colors come from plots.css.

import { html, useState } from "../vendor/htm/preact.js";
import { number, percent } from "../format.js";

// Counts between neighboring edges.
export function Histogram({ edges, counts, label }) {
  const most = Math.max(...counts, 1);
  const step = 200 / counts.length;
  return html`<svg class="plot histogram" viewBox="0 0 200 56" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${counts.map((count, bin) => {
      const height = count ? Math.max(1.5, (count / most) * 54) : 0;
      return html`<rect class="bar" x=${bin * step + 0.5} y=${56 - height} width=${Math.max(step - 1, 0.5)} height=${height}>
        <title>${number(edges[bin])} to ${number(edges[bin + 1])}: ${number(count)}</title>
      </rect>`;
    })}
  </svg>`;
}

// Labeled horizontal bars. items: [{label, value, note, spread, emphasis}], values ≥ 0; `max`: the value of a full bar.
export function Bars({ items, max, format = number }) {
  const full = max ?? Math.max(...items.map((item) => item.value + (item.spread ?? 0)), 1e-12);
  return html`<ul class="bars">
    ${items.map(
      (item) => html`<li key=${item.label} class=${item.emphasis ? "strong" : ""}>
        <span class="bar-label" title=${item.label}>${item.label}</span>
        <span class="bar-track"><${Track} item=${item} full=${full} /></span>
        <span class="bar-value">${item.note ?? format(item.value)}</span>
      </li>`,
    )}
  </ul>`;
}

function Track({ item, full }) {
  const share = (value) => `${Math.min(100, Math.max(0, (100 * value) / full))}%`;
  const low = item.value - (item.spread ?? 0);
  return html`<span class="bar-fill" style=${{ width: share(item.value) }}></span>
    ${item.spread > 0 &&
    html`<span class="bar-spread" style=${{ left: share(low), width: share(item.value + item.spread - Math.max(low, 0)) }}></span>`}`;
}

// Bars to the left for negative and to the right for positive values. items: [{label, value, note}].
export function SignedBars({ items, format = number }) {
  const full = Math.max(...items.map((item) => Math.abs(item.value)), 1e-12);
  return html`<ul class="bars">
    ${items.map((item) => {
      const width = `${(50 * Math.abs(item.value)) / full}%`;
      const side = item.value < 0 ? { right: "50%", width } : { left: "50%", width };
      return html`<li key=${item.label}>
        <span class="bar-label" title=${item.label}>${item.label}</span>
        <span class="bar-track signed"><span class="bar-fill ${item.value < 0 ? "negative" : "positive"}" style=${side}></span></span>
        <span class="bar-value">${item.note ?? `${item.value > 0 ? "+" : ""}${format(item.value)}`}</span>
      </li>`;
    })}
  </ul>`;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 250, 46, 10, 10, 38];

// Lines or points over two number axes.
// lines: [{label, x: [], y: [], notes: []}]; x and y: {label, min, max}; diagonal: draw y = x; points instead of lines.
export function CurvePlot({ lines, x, y, diagonal, points, title }) {
  const [hover, setHover] = useState(null);
  const left = (value) => LEFT + ((value - x.min) / (x.max - x.min || 1)) * (WIDTH - LEFT - RIGHT);
  const top = (value) => HEIGHT - BOTTOM - ((value - y.min) / (y.max - y.min || 1)) * (HEIGHT - TOP - BOTTOM);
  const read = (event) => setHover(nearest(event, lines, left, top));
  return html`<figure class="curve-plot">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${y.label} by ${x.label}" onPointerMove=${read} onPointerLeave=${() => setHover(null)}>
      <${Axes} x=${x} y=${y} left=${left} top=${top} />
      ${diagonal && html`<line class="plot-diagonal" x1=${left(x.min)} y1=${top(y.min)} x2=${left(x.max)} y2=${top(y.max)} />`}
      ${lines.map((line, index) => html`<${Line} line=${line} index=${index} left=${left} top=${top} points=${points} />`)}
      ${hover && html`<circle class="plot-cursor" cx=${hover.left} cy=${hover.top} r="4" />`}
    </svg>
    <p class="plot-reading muted">
      ${hover
        ? `${lines.length > 1 ? `${hover.line.label}: ` : ""}${x.label} ${number(hover.x)}, ${y.label} ${number(hover.y)}${hover.note ? `, ${hover.note}` : ""}`
        : lines.length > 1 && html`<${Legend} lines=${lines} />`}
    </p>
  </figure>`;
}

const Legend = ({ lines }) =>
  lines.map((line, index) => html`<span class="legend-item"><i class="swatch series-${index % 6}"></i>${line.label}</span> `);

function Line({ line, index, left, top, points }) {
  const series = `series-${index % 6}`;
  if (points) return line.x.map((value, at) => html`<circle class="plot-point ${series}" cx=${left(value)} cy=${top(line.y[at])} r="2" />`);
  const path = line.x.map((value, at) => `${at ? "L" : "M"}${left(value).toFixed(1)} ${top(line.y[at]).toFixed(1)}`).join("");
  return html`<path class="plot-line ${series}" d=${path} />`;
}

function Axes({ x, y, left, top }) {
  return html`<g class="plot-axes">
    ${ticks(y).map(
      (value) => html`<line x1=${LEFT} x2=${WIDTH - RIGHT} y1=${top(value)} y2=${top(value)} />
        <text x=${LEFT - 6} y=${top(value) + 3.5} text-anchor="end">${number(value)}</text>`,
    )}
    ${ticks(x).map((value) => html`<text x=${left(value)} y=${HEIGHT - BOTTOM + 15} text-anchor="middle">${number(value)}</text>`)}
    <text class="axis-label" x=${(LEFT + WIDTH - RIGHT) / 2} y=${HEIGHT - 6} text-anchor="middle">${x.label}</text>
    <text class="axis-label" x="11" y=${(TOP + HEIGHT - BOTTOM) / 2} text-anchor="middle" transform="rotate(-90 11 ${(TOP + HEIGHT - BOTTOM) / 2})">${y.label}</text>
  </g>`;
}

function ticks({ min, max }) {
  const rough = (max - min || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const first = Math.ceil(min / step - 1e-9);
  return Array.from({ length: Math.floor(max / step + 1e-9) - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function nearest(event, lines, left, top) {
  const box = event.currentTarget.getBoundingClientRect();
  const at = { x: ((event.clientX - box.left) / box.width) * WIDTH, y: ((event.clientY - box.top) / box.height) * HEIGHT };
  let best = null;
  for (const line of lines)
    line.x.forEach((x, index) => {
      const point = { line, x, y: line.y[index], left: left(x), top: top(line.y[index]), note: line.notes?.[index] };
      point.distance = (point.left - at.x) ** 2 + (point.top - at.y) ** 2;
      if (!best || point.distance < best.distance) best = point;
    });
  return best;
}

// True classes as rows, predicted ones as columns; the color is the share of the row.
export function ConfusionMatrix({ labels, counts }) {
  return html`<div class="table-frame" role="region" aria-label="Confusion matrix" tabindex="0">
    <table class="confusion">
      <thead>
        <tr><th scope="col">true ↓ predicted →</th>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr>
      </thead>
      <tbody>
        ${counts.map((row, index) => {
          const total = row.reduce((sum, count) => sum + count, 0) || 1;
          return html`<tr>
            <th scope="row">${labels[index]}</th>
            ${row.map((count, column) => html`<${Cell} count=${count} share=${count / total} right=${index === column} />`)}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function Cell({ count, share, right }) {
  const shade = Math.min(4, Math.ceil(share * 5 - 1e-9) - (share > 0 ? 1 : 0));
  return html`<td class="${right ? "right" : "wrong"} shade-${count ? shade : "none"}" title=${percent(share)}>
    ${number(count)}<small>${percent(share)}</small>
  </td>`;
}
