// The audit log: who did what, when, from where, and what was denied. Needs an admin key.
import { html, useState } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { dateTime } from "../../format.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { SelectField, TextField } from "../../components/fields.js";
import { PagedTable } from "../../components/paged_table.js";

const COLUMNS = [
  { key: "at", title: "Time", render: (entry) => dateTime(entry.at) },
  { key: "actor", title: "Who", render: (entry) => html`${entry.actor.name ?? entry.actor.type.replace("_", " ")}<span class="sub">${entry.address}</span>` },
  { key: "operation", title: "What", render: (entry) => html`${entry.operation.replaceAll("_", " ")}${entry.count > 1 ? ` × ${entry.count}` : ""}<span class="sub">${entry.resource_id}</span>` },
  { key: "outcome", title: "Outcome", render: (entry) => html`<${Badge} tone=${entry.outcome === "denied" ? "bad" : "good"}>${entry.outcome}<//>` },
  { key: "status", title: "Status", align: "right", compact: true },
];
const OUTCOMES = [{ value: "", label: "All" }, "succeeded", "denied"];
const ACTORS = [{ value: "", label: "All" }, "key", "anonymous", "command_line", "service"];

export function Audit() {
  const [filters, setFilters] = useState({});
  const set = (name) => (value) => setFilters({ ...filters, [name]: value });
  return html`
    <${Card}>
      <div class="form-grid">
        <${TextField} label="Operation" value=${filters.operation ?? ""} placeholder="create_job" onInput=${set("operation")} />
        <${TextField} label="Job, data set, key, …" value=${filters.resource_id ?? ""} placeholder="job_…" onInput=${set("resource_id")} />
        <${SelectField} label="Who" value=${filters.actor ?? ""} options=${ACTORS} onChange=${set("actor")} />
        <${SelectField} label="Outcome" value=${filters.outcome ?? ""} options=${OUTCOMES} onChange=${set("outcome")} />
      </div>
    <//>
    <${PagedTable} label="Audit log" deps=${[JSON.stringify(filters)]} columns=${COLUMNS} load=${(cursor, signal) => get("/v1/audit", { ...filters, cursor, limit: 50 }, { signal })} emptyTitle="No entries" />
  `;
}
