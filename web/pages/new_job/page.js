// Start a job: choose data, target and preset; the service validates every change and estimates what the job will cost.
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/htm/preact.js";
import { get, post, randomId } from "../../api.js";
import { useLoad } from "../../live.js";
import { go } from "../../router.js";
import { Card } from "../../components/card.js";
import { Loading } from "../../components/loading.js";
import { PageHeader } from "../../components/page_header.js";
import { ProblemPanel } from "../../components/problem.js";
import { UploadPanel } from "../datasets/upload.js";
import { DataFields } from "./data_fields.js";
import { Features } from "./features.js";
import { FineTuning } from "./fine_tuning.js";
import { JsonEditor } from "./json_editor.js";
import { Layers } from "./layers.js";
import { Outcome } from "./outcome.js";
import { Training } from "./training.js";
import { Form, suggestedTarget } from "./draft.js";
import { useValidation } from "./validation.js";

export default function NewJobPage({ query }) {
  const { data, error } = useLoad((signal) => firstBody(query, signal));
  return html`
    <${PageHeader} title=${query.model ? "Fine-tune a model" : "New job"} />
    ${error && html`<${ProblemPanel} problem=${error} />`}
    ${data ? html`<${Editor} ...${data} />` : !error && html`<${Loading} />`}
  `;
}

// The data sets to choose from, and the body to begin with: from a model (`?model=`) or a data set (`?dataset=`).
async function firstBody(query, signal) {
  const [{ data: datasets }, model] = await Promise.all([
    get("/v1/datasets", { limit: 100 }, { signal }),
    query.model && get(`/v1/models/${query.model}`, {}, { signal }),
  ]);
  const id = query.dataset ?? model?.dataset_id;
  if (id && !datasets.some((dataset) => dataset.id === id)) {
    const other = await get(`/v1/datasets/${id}`, {}, { signal }).catch(() => null); // a model outlives its data set
    if (other) datasets.unshift(other);
  }
  const dataset = datasets.find((each) => each.id === id);
  const body = dataset ? { dataset_id: dataset.id, target: suggestedTarget(dataset) } : {};
  if (!model) return { datasets, body };
  const target = model.preprocessing?.target?.column ?? body.target;
  return { datasets, model, body: { ...body, target, name: `${model.name}, fine-tuned`.slice(0, 200), init_from: { model_id: model.id } } };
}

function Editor({ datasets: known, model, body: first }) {
  const [datasets, setDatasets] = useState(known);
  const [body, setBody] = useState(first);
  const dataset = datasets.find((each) => each.id === body.dataset_id);
  const validation = useValidation(body);
  const [sending, setSending] = useState({});
  const key = useMemo(randomId, [body]); // a second click with the same body makes no second job
  const alive = useRef(true);
  useEffect(() => () => (alive.current = false), []);
  const use = (chosen) => {
    if (!datasets.some((each) => each.id === chosen.id)) setDatasets([chosen, ...datasets]);
    const target = chosen.columns.some((column) => column.name === body.target) ? body.target : suggestedTarget(chosen);
    setBody(({ features: _, ...rest }) => ({ ...rest, dataset_id: chosen.id, target }));
  };
  const start = async () => {
    setSending({ busy: true });
    try {
      const job = await post("/v1/jobs", body, { headers: { "Idempotency-Key": key } });
      if (alive.current) go(`/jobs/${job.id}`);
    } catch (problem) {
      setSending({ problem });
    }
  };
  const problem = validation.problem ?? sending.problem;
  const form = new Form({ body, setBody, problem, resolved: validation.spec, dataset });
  if (!dataset && !datasets.length) return html`<${Card} title="Data"><p>Drop the table to learn from: one row per example, and one column to predict.</p><${UploadPanel} onDone=${use} /><//>`;
  return html`
    <div class="with-aside">
      <div class="stack">
        <${DataFields} form=${form} datasets=${datasets} onDataset=${use} />
        ${dataset && html`<${FineTuning} form=${form} model=${model} /><${Features} form=${form} /><${Layers} form=${form} /><${Training} form=${form} />`}
        <${JsonEditor} body=${body} onChange=${setBody} />
      </div>
      <${Outcome} form=${form} validation=${validation} sending=${sending} onStart=${start} />
    </div>
  `;
}
