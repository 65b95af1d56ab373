// Which columns the network learns from, and how each becomes numbers.
import { html, useState } from "../../vendor/htm/preact.js";
import { number } from "../../format.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { Table } from "../../components/table.js";
import { encodingsOf, withEncoding, withFeature } from "./draft.js";

const AT_FIRST = 40;

export function Features({ form }) {
  const [search, setSearch] = useState("");
  const [limit, setLimit] = useState(AT_FIRST);
  const features = form.value("/features");
  const resolved = form.decided("/features") ?? [];
  const set = (list) => form.set("/features", list);
  const taken = [form.value("/target"), form.value("/sample_weight"), form.value("/exposure"), form.value("/censored")].flat();
  const columns = form.dataset.columns.filter((column) => !taken.includes(column.name));
  const found = columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase()));
  const actions = html`
    ${columns.length > 12 &&
    html`<input type="search" placeholder="Find a column" aria-label="Find a column" value=${search} onInput=${(event) => setSearch(event.target.value)} />`}
    ${features && html`<button type="button" onClick=${() => set(undefined)}>Let the service choose</button>`}
  `;
  return html`
    <${Card} title="Features" actions=${actions} flush>
      <${Table} label="Features" columns=${tableColumns({ form, features, resolved, set })} rows=${found.slice(0, limit)} rowKey="name" />
      ${found.length > limit && html`<p class="card-note"><button type="button" onClick=${() => setLimit(limit + 200)}>Show more of ${number(found.length)} columns</button></p>`}
      ${form.error("/features") && html`<p class="card-note error">${form.error("/features")}</p>`}
    <//>
  `;
}

function tableColumns({ form, features, resolved, set }) {
  const listed = features ?? resolved;
  const at = (column) => listed.findIndex((feature) => feature.column === column.name);
  const decided = (column) => resolved.find((feature) => feature.column === column.name);
  const error = (column) => features && at(column) >= 0 && form.error(`/features/${at(column)}`, true);
  return [
    {
      key: "use",
      title: "Use",
      render: (column) => html`<input type="checkbox" aria-label="Use ${column.name}" checked=${at(column) >= 0}
        onChange=${(event) => set(withFeature(features, resolved, column.name, event.target.checked))} />`,
    },
    { key: "name", title: "Column", render: (column) => html`<span class="wrapping">${column.name}</span>${error(column) && html`<p class="error">${error(column)}</p>`}` },
    { key: "type", title: "Type", compact: true, render: (column) => html`<${Badge}>${column.type}<//>` },
    {
      key: "encoding",
      title: "Encoding",
      render: (column) =>
        at(column) >= 0 && html`<${Encoding} column=${column} chosen=${features?.[at(column)]?.encoding} decided=${decided(column)?.encoding}
          onChange=${(encoding) => set(withEncoding(features, resolved, column.name, encoding))} />`,
    },
    { key: "inputs", title: "Inputs", align: "right", render: (column) => (at(column) >= 0 ? number(decided(column)?.inputs_at_most) : "") },
  ];
}

function Encoding({ column, chosen, decided, onChange }) {
  const text = (name) => name.replaceAll("_", " ");
  return html`
    <select aria-label="Encoding of ${column.name}" value=${chosen ?? ""} onChange=${(event) => onChange(event.target.value)}>
      <option value="">${!chosen && decided ? `auto: ${text(decided)}` : "auto"}</option>
      ${encodingsOf(column.type).map((name) => html`<option value=${name}>${text(name)}</option>`)}
    </select>
  `;
}
