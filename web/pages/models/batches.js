// Predictions for a whole data set: start a batch, watch it, and download its result.
import { html, useState } from "../../vendor/htm/preact.js";
import { download, get, post } from "../../api.js";
import { bytes, duration, number } from "../../format.js";
import { usePoll } from "../../live.js";
import { StateBadge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { Meter } from "../../components/facts.js";
import { SelectField } from "../../components/fields.js";
import { ProblemPanel } from "../../components/problem.js";
import { FormPanel } from "../../components/secret.js";
import { Table } from "../../components/table.js";
import { Time } from "../../components/time.js";
import { toast } from "../../components/toast.js";
import { hasColumns, inputColumns } from "./inputs.js";

const [LIVELY, IDLE] = [2, 20]; // seconds between requests, with and without batches that may change
const isLive = (batch) => batch.state === "queued" || batch.state === "running";

export function Batches({ model }) {
  const { data: datasets } = usePoll((signal) => get("/v1/datasets", { limit: 100 }, { signal }), () => null);
  const load = (signal) => get("/v1/batches", { model_id: model.id, limit: 50 }, { signal });
  const { data, error, reload } = usePoll(load, (page) => (page?.data.some(isLive) ? LIVELY : IDLE));
  const [chosen, setChosen] = useState({});
  const needed = inputColumns(model, null).map((column) => column.name);
  const choices = (datasets?.data ?? []).filter((each) => hasColumns(each, needed)).map((each) => ({ value: each.id, label: `${each.name} (${number(each.rows)} rows)` }));
  const body = { dataset_id: chosen.dataset ?? choices[0]?.value, format: chosen.format ?? "csv" };
  const start = async () => {
    await post(`/v1/models/${model.id}/batches`, body);
    reload();
  };
  return html`
    <${Card} title="Predict a whole data set">
      ${datasets && !choices.length && html`<p>No data set has the columns that this model reads: ${needed.join(", ")}. Upload one first.</p>`}
      <${FormPanel} submit="Start" onSubmit=${start} disabled=${!body.dataset_id}>
        <${SelectField} label="Rows of" value=${body.dataset_id} options=${choices} onChange=${(dataset) => setChosen({ ...chosen, dataset })} />
        <${SelectField} label="Format of the result" value=${body.format} options=${["csv", "parquet"]} onChange=${(format) => setChosen({ ...chosen, format })} />
      <//>
    <//>
    ${error && html`<${ProblemPanel} problem=${error} onRetry=${reload} />`}
    ${data?.data.length > 0 && html`<${Card} title="Batches" flush><${Table} label="Batches" columns=${columns(reload)} rows=${data.data} /><//>`}
  `;
}

const columns = (reload) => [
  { key: "name", title: "Name", render: (batch) => html`${batch.name}<span class="sub">${batch.id}</span>` },
  { key: "state", title: "State", render: (batch) => html`<${StateBadge} state=${batch.state} requested=${batch.requested} />` },
  { key: "progress", title: "Progress", compact: true, render: (batch) => html`<${Meter} fraction=${batch.progress.fraction} label="Progress" /><span class="sub">${progress(batch)}</span>` },
  { key: "created_at", title: "Created", compact: true, render: (batch) => html`<${Time} time=${batch.created_at} />` },
  { key: "action", title: "", align: "right", render: (batch) => html`<${Action} batch=${batch} reload=${reload} />` },
];

function progress({ progress: { rows, eta_seconds: eta }, error }) {
  return error?.detail ?? `${number(rows)} rows${eta ? `, ${duration(eta)} left` : ""}`;
}

function Action({ batch, reload }) {
  const path = `/v1/batches/${batch.id}`;
  const cancel = async () => {
    await post(`${path}/cancel`);
    reload();
  };
  const save = () => download(`${path}/content`).catch((problem) => toast(problem.detail, "bad"));
  if (isLive(batch)) return html`<${ConfirmButton} label="Cancel" question="Cancel this batch?" detail="Nothing of its result is kept." onConfirm=${cancel} />`;
  return batch.result && html`<button type="button" onClick=${save}>Download ${bytes(batch.result.bytes)}</button>`;
}
