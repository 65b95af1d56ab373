// One data set: how the file was read, warnings with fixes, the profile of each column, and the first rows.
import { html, useState } from "../../vendor/htm/preact.js";
import { download, get, remove } from "../../api.js";
import { bytes, number } from "../../format.js";
import { useLoad } from "../../live.js";
import { go, link } from "../../router.js";
import { fileOf, startUpload, useUpload } from "../../uploads.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { EmptyState } from "../../components/empty.js";
import { Facts } from "../../components/facts.js";
import { Loading } from "../../components/loading.js";
import { PageHeader } from "../../components/page_header.js";
import { ProblemPanel } from "../../components/problem.js";
import { Table } from "../../components/table.js";
import { Time } from "../../components/time.js";
import { toast } from "../../components/toast.js";
import { Columns } from "./columns.js";
import { optionsOf, withOption } from "./fixes.js";
import { DropZone, Fix, UploadPanel } from "./upload.js";

const PREVIEW_ROWS = 20;
const PREVIEW_COLUMNS = 60; // wider tables are cut: nobody scrolls through 784 pixels
const BACK = { href: "#/datasets", label: "Data sets" };

export default function DatasetPage({ params }) {
  const path = `/v1/datasets/${params.id}`;
  const { data: dataset, error, reload } = useLoad((signal) => get(path, {}, { signal }));
  if (error) return html`<${PageHeader} title="Data set" back=${BACK} /><${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!dataset) return html`<${Loading} />`;
  return html`
    <${PageHeader} title=${dataset.name} back=${BACK} actions=${html`<${Actions} dataset=${dataset} path=${path} />`}>
      <span>${number(dataset.rows)} rows · ${number(dataset.columns.length)} columns · ${bytes(dataset.bytes)} · created <${Time} time=${dataset.created_at} /></span>
    <//>
    <div class="stack">
      <${Warnings} dataset=${dataset} /><${Columns} dataset=${dataset} />
      <${Preview} dataset=${dataset} path=${path} /><${Reading} dataset=${dataset} />
    </div>
  `;
}

function Actions({ dataset, path }) {
  const erase = async () => {
    await remove(path);
    toast(`Deleted ${dataset.name}`);
    go("/datasets");
  };
  return html`
    <a class="button primary" href=${link("/new", { dataset: dataset.id })}>Train a model</a>
    <button type="button" onClick=${() => download(`${path}/content`).catch((problem) => toast(problem.detail, "bad"))}>Download Parquet</button>
    <${ConfirmButton} label="Delete" question="Delete this data set?" danger onConfirm=${erase}
      detail="Its rows are erased for good. Models that were trained on it are kept. While a job needs it, it cannot be deleted: wait for the job, or cancel it." />
  `;
}

function Warnings({ dataset }) {
  const upload = useUpload();
  const [chosen, choose] = useState(null);
  if (!dataset.warnings.length) return null;
  const sent = fileOf(dataset.id) ?? (chosen && { file: chosen, options: { name: dataset.name } });
  const apply = async (option) => {
    const again = await startUpload(sent.file, withOption(sent.options, option));
    if (!again) return;
    toast(`Read again with ${option.name}=${option.value}. The earlier data set is kept.`);
    go(`/datasets/${again.id}`);
  };
  const columns = [
    { key: "column", title: "Column", render: (warning) => warning.column ?? "–" },
    { key: "detail", title: "Warning", render: (warning) => html`<span class="wrapping">${warning.detail}</span>` },
    { key: "fix", title: "Fix", render: (warning) => html`<${Fix} fix=${warning.fix} onApply=${sent && apply} />` },
  ];
  const fixable = dataset.warnings.some((warning) => optionsOf(warning.fix).length);
  return html`
    <${Card} title="Warnings (${dataset.warnings.length})" flush>
      <${Table} stacked label="Warnings" columns=${columns} rows=${dataset.warnings} />
      ${upload && upload.phase !== "done"
        ? html`<div class="card-note"><${UploadPanel} onDone=${() => undefined} /></div>`
        : fixable &&
          !sent &&
          html`<div class="card-note"><${DropZone} onFile=${choose}>To apply fixes with one click, drop the file here again, or choose it.<//></div>`}
    <//>
  `;
}

function Preview({ dataset, path }) {
  const { data: preview, error } = useLoad((signal) => get(`${path}/preview`, { rows: PREVIEW_ROWS }, { signal }));
  if (error) return html`<${ProblemPanel} problem=${error} />`;
  if (!preview) return html`<${Loading} />`;
  const shown = dataset.columns.slice(0, PREVIEW_COLUMNS);
  const columns = shown.map(({ name, type }) => ({
    key: name,
    title: name,
    align: type === "number" ? "right" : "left",
    render: (row) => cell(row[name]),
  }));
  const more = dataset.columns.length - shown.length;
  return html`
    <${Card} title="First ${preview.rows.length} of ${number(preview.total)} rows" flush>
      ${preview.rows.length ? html`<${Table} label="First rows" columns=${columns} rows=${preview.rows} rowKey="" />` : html`<${EmptyState} title="No rows" />`}
      ${more > 0 && html`<p class="card-note">${number(more)} more columns are not shown.</p>`}
    <//>
  `;
}

function cell(value) {
  if (value == null) return html`<span class="quiet">missing</span>`;
  const text = String(value);
  return html`<span class="cell" title=${text.length > 40 ? text : null}>${text}</span>`;
}

function Reading({ dataset }) {
  const reading = dataset.reading ?? {};
  const formats = dataset.columns.filter((column) => column.format && Object.keys(column.format).length);
  const facts = Object.entries(reading).map(([name, value]) => [words(name), shown(value)]);
  return html`
    <${Card} title="How the file was read">
      <${Facts} items=${[["Format", dataset.format], ...facts, ["SHA-256", html`<code class="break">${dataset.sha256}</code>`], ["Expires", dataset.expires_at && html`<${Time} time=${dataset.expires_at} />`]]} />
      ${formats.length > 0 &&
      html`<h3>Formats of columns</h3>
        <${Facts} items=${formats.map((column) => [column.name, Object.entries(column.format).map(([name, value]) => `${words(name)}: ${shown(value)}`).join(" · ")])} />`}
      ${Object.keys(dataset.metadata).length > 0 && html`<h3>Metadata</h3><${Facts} items=${Object.entries(dataset.metadata)} />`}
    <//>
  `;
}

const words = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

function shown(value) {
  if (Array.isArray(value)) return value.map((each) => (each === "" ? "(empty)" : each)).join("  ");
  if (value === "\t") return "tab";
  return typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "object" ? JSON.stringify(value) : String(value);
}
