// The list of data sets, and a place to drop a file.
import { html } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { bytes, number } from "../../format.js";
import { go, link } from "../../router.js";
import { toast } from "../../components/toast.js";
import { Card } from "../../components/card.js";
import { PageHeader } from "../../components/page_header.js";
import { PagedTable } from "../../components/paged_table.js";
import { Time } from "../../components/time.js";
import { UploadPanel } from "./upload.js";

const COLUMNS = [
  { key: "name", title: "Name", render: (row) => html`<a href=${link(`/datasets/${row.id}`)}>${row.name}</a>` },
  { key: "rows", title: "Rows", align: "right", render: (row) => number(row.rows) },
  { key: "columns", title: "Columns", align: "right", render: (row) => number(row.columns.length) },
  { key: "bytes", title: "Size", align: "right", compact: true, render: (row) => bytes(row.bytes) },
  { key: "format", title: "Format", compact: true },
  { key: "warnings", title: "Warnings", align: "right", compact: true, render: (row) => row.warnings.length || "–" },
  { key: "created_at", title: "Created", compact: true, render: (row) => html`<${Time} time=${row.created_at} />` },
];

export default function DatasetsPage() {
  const done = (dataset) => {
    toast(`Uploaded ${dataset.name}: ${number(dataset.rows)} rows`);
    go(`/datasets/${dataset.id}`);
  };
  return html`
    <${PageHeader} title="Data sets" />
    <div class="stack">
    <${Card} title="Upload"><${UploadPanel} onDone=${done} /><//>
    <${PagedTable} label="Data sets" load=${(cursor, signal) => get("/v1/datasets", { cursor, limit: 25 }, { signal })} columns=${COLUMNS}
      onRow=${(row) => go(`/datasets/${row.id}`)} emptyTitle="No data sets yet"
      empty=${html`<p>Drop a table with one row per example, such as one customer per row, and one column to predict. Or send it over HTTP:</p>
        <pre>curl --data-binary @customers.csv -H 'Content-Type: text/csv' '${new URL("v1/datasets?name=customers", document.baseURI)}'</pre>`} />
    </div>
  `;
}
