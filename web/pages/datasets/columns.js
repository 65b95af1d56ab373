// The profile of a table as small multiples: per column its type, missing values, histogram or most frequent values.
import { html, useState } from "../../vendor/htm/preact.js";
import { dateTime, number, percent } from "../../format.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { Bars, Histogram } from "../../components/plots.js";

const AT_FIRST = 24; // cards that are drawn before "Show more"
const TOP = 6;

export function Columns({ dataset }) {
  const [search, setSearch] = useState("");
  const [limit, setLimit] = useState(AT_FIRST);
  const found = dataset.columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase()));
  const field =
    dataset.columns.length > 8 &&
    html`<input type="search" placeholder="Find a column" aria-label="Find a column" value=${search} onInput=${(event) => setSearch(event.target.value)} />`;
  return html`
    <${Card} title="Columns (${number(dataset.columns.length)})" actions=${field}>
      <div class="multiples">
        ${found.slice(0, limit).map((column) => html`<${Column} key=${column.name} column=${column} rows=${dataset.rows} />`)}
      </div>
      ${found.length === 0 && html`<p class="quiet">No column has this name.</p>`}
      ${found.length > limit &&
      html`<button type="button" onClick=${() => setLimit(limit + 4 * AT_FIRST)}>Show more of ${number(found.length)} columns</button>`}
    <//>
  `;
}

function Column({ column, rows }) {
  return html`
    <article class="multiple" aria-label=${column.name}>
      <header><h3 title=${column.name}>${column.name}</h3><${Badge}>${column.type}<//></header>
      <${Values} column=${column} rows=${rows} />
      <footer>
        ${number(column.distinct)} distinct
        ${column.missing > 0 && html`<span class="warn-text"> · ${percent(column.missing / rows)} missing</span>`}
      </footer>
    </article>
  `;
}

function Values({ column, rows }) {
  if (column.histogram)
    return html`<${Histogram} ...${column.histogram} label="Histogram of ${column.name}" />
      <p class="range"><span>${number(column.min)}</span><span>mean ${number(column.mean)}</span><span>${number(column.max)}</span></p>`;
  if (column.top?.length) return html`<${Bars} items=${topValues(column, rows)} max=${rows} />`;
  if (column.type === "datetime" && column.min) return html`<p class="range"><span>${dateTime(column.min)}</span><span>${dateTime(column.max)}</span></p>`;
  if (column.length) return html`<p class="quiet">${number(column.length.min)} to ${number(column.length.max)} characters, mean ${number(column.length.mean)}</p>`;
  return html`<p class="quiet">No values</p>`;
}

function topValues(column, rows) {
  const top = column.top.slice(0, TOP).map(({ value, count }) => ({ label: String(value), value: count, note: percent(count / rows) }));
  const rest = rows - column.missing - column.top.slice(0, TOP).reduce((sum, each) => sum + each.count, 0);
  return rest > 0 ? [...top, { label: "other values", value: rest, note: percent(rest / rows) }] : top;
}
