// Take the model along: downloads with their sizes, and code that predicts with it.
import { html } from "../../vendor/htm/preact.js";
import { BASE, download, key, send } from "../../api.js";
import { bytes } from "../../format.js";
import { useLoad } from "../../live.js";
import { Card } from "../../components/card.js";
import { CodeBlock } from "../../components/code.js";
import { Table } from "../../components/table.js";
import { toast } from "../../components/toast.js";
import { inputColumns, targetNames } from "./inputs.js";

const FORMATS = {
  safetensors: "Weights with PyTorch's names and layouts",
  npz: "Weights as NumPy arrays",
  onnx: "The whole model: a raw row in, an answer out",
};

export function Use({ model }) {
  const path = `/v1/models/${model.id}`;
  const { data: sizes } = useLoad(async (signal) => {
    const answers = await Promise.all(Object.keys(FORMATS).map((format) => send("HEAD", `${path}/weights`, { query: { format }, signal }).catch(() => null)));
    return Object.fromEntries(Object.keys(FORMATS).map((format, at) => [format, answers[at] && Number(answers[at].headers.get("Content-Length"))]));
  });
  const save = (...request) => download(...request).catch((problem) => toast([problem.detail, ...(problem.errors ?? []).map((each) => each.detail)].join(" "), "bad"));
  const columns = [
    { key: "format", title: "Format", render: (row) => html`<strong>${row.format}</strong>` },
    { key: "detail", title: "Contents", align: "left wrap" },
    { key: "size", title: "Size", align: "right", render: (row) => (sizes?.[row.format] ? bytes(sizes[row.format]) : "–") },
    { key: "save", title: "", align: "right", render: (row) => html`<button type="button" aria-label="Download ${row.format}" onClick=${row.save}>Download</button>` },
  ];
  const rows = Object.entries(FORMATS).map(([format, detail]) => ({ format, detail, save: () => save(`${path}/weights`, { format }) }));
  rows.push({ format: "Model card", detail: "What the model is for, how good it is, and its limits, as a page to send", save: () => saveCard(`${path}/card`, model, save) });
  return html`
    <${Card} title="Downloads" flush><${Table} stacked label="Downloads" columns=${columns} rows=${rows} rowKey="format" /><//>
    <${Card} title="Predict over HTTP"><${CodeBlock} label="curl" text=${curl(path, model)} /><//>
    <${Card} title="Predict in Python"><${CodeBlock} label="Python" text=${python(model)} /><p class="quiet">The package is <code>backprop-client</code>.</p><//>
    <${Card} title="The network in PyTorch"><details><summary>Code for the downloaded weights</summary><${CodeBlock} label="PyTorch" text=${model.architecture.torch} /></details><//>
  `;
}

async function saveCard(path, model, save) {
  await save(path, {}, { headers: { Accept: "text/html" } });
}

const row = (model) => Object.fromEntries(inputColumns(model, null).slice(0, 4).map(({ name, type, choices }) => [name, type === "number" ? 1 : (choices?.[0] ?? "…")]));

function curl(path, model) {
  const login = key() ? " \\\n  -H \"Authorization: Bearer $BACKPROP_API_KEY\"" : "";
  const body = JSON.stringify({ rows: [row(model)], explain: true }).replaceAll("'", "'\\''");
  return `curl ${new URL(`${path.slice(1)}/predictions`, BASE)}${login} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

function python(model) {
  const values = Object.entries(row(model)).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `from backprop_client import Client

client = Client(${JSON.stringify(BASE.href.replace(/\/$/, ""))}${key() ? ', api_key="bp_live_…"' : ""})
model = client.models.get(${JSON.stringify(model.id)})
for prediction in model.predict([{${values.join(", ")}}]):
    print(prediction)  # ${targetNames(model).join(", ")}
`;
}
