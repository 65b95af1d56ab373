// The list of models, and the aliases that applications use.
import { html } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { number, percent } from "../../format.js";
import { useLoad } from "../../live.js";
import { go, link } from "../../router.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { PageHeader } from "../../components/page_header.js";
import { PagedTable } from "../../components/paged_table.js";
import { Table } from "../../components/table.js";
import { Time } from "../../components/time.js";
import { targetNames } from "./inputs.js";

export default function ModelsPage() {
  const { data: aliases } = useLoad((signal) => get("/v1/aliases", { limit: 100 }, { signal }));
  const named = aliases?.data ?? [];
  return html`
    <${PageHeader} title="Models" />
    <div class="stack">
      ${named.length > 0 && html`<${Aliases} aliases=${named} />`}
      <${PagedTable} label="Models" load=${(cursor, signal) => get("/v1/models", { cursor, limit: 25 }, { signal })} columns=${columns(named)}
        onRow=${(row) => go(`/models/${row.id}`)} emptyTitle="No models yet"
        empty=${html`<p>A job that succeeds leaves a model. <a href="#/new">Start a job</a> from a table of yours.</p>`} />
    </div>
  `;
}

function Aliases({ aliases }) {
  const list = [
    { key: "name", title: "Alias", render: (alias) => html`<strong>${alias.name}</strong>` },
    { key: "model_id", title: "Model that answers", render: (alias) => html`<a href=${link(`/models/${alias.model_id}`)}><code>${alias.model_id}</code></a>` },
    { key: "version", title: "Moves", align: "right", compact: true },
    { key: "updated_at", title: "Moved", compact: true, render: (alias) => html`<${Time} time=${alias.updated_at} />` },
  ];
  return html`<${Card} title="Aliases" flush><${Table} label="Aliases" columns=${list} rows=${aliases} rowKey="name" /><//>`;
}

function columns(aliases) {
  const names = (model) => aliases.filter((alias) => alias.model_id === model.id).map((alias) => html`<${Badge} tone="info">${alias.name}<//> `);
  return [
    { key: "name", title: "Name", render: (model) => html`<a href=${link(`/models/${model.id}`)}>${model.name}</a> ${names(model)}<span class="sub">predicts ${targetNames(model).join(", ")}</span>` },
    { key: "score", title: "Score", render: (model) => scoreText(model.evaluation) },
    { key: "baseline", title: "Baseline", compact: true, render: (model) => html`<span class="quiet">${scoreText(model.evaluation?.baseline)}</span>` },
    { key: "parameters", title: "Parameters", align: "right", compact: true, render: (model) => number(model.parameters) },
    { key: "created_at", title: "Created", align: "right", compact: true, render: (model) => html`<${Time} time=${model.created_at} />` },
  ];
}

// The main score in words: accuracy of classes, R² of numbers.
export function scoreText(scores) {
  if (scores?.accuracy != null) return `${percent(scores.accuracy)} right`;
  if (scores?.r2 != null) return `R² ${number(scores.r2, 3)}`;
  return "–";
}
