// One model, in tabs: what it is, how good it is, predictions, comparison with another model, and how to use it.
import { html } from "../../vendor/htm/preact.js";
import { get, remove } from "../../api.js";
import { number } from "../../format.js";
import { useLoad } from "../../live.js";
import { go, link } from "../../router.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { Facts } from "../../components/facts.js";
import { Loading } from "../../components/loading.js";
import { PageHeader } from "../../components/page_header.js";
import { Bars } from "../../components/plots.js";
import { ProblemPanel } from "../../components/problem.js";
import { Time } from "../../components/time.js";
import { toast } from "../../components/toast.js";
import { layersInWords } from "../new_job/draft.js";
import { Aliases } from "./aliases.js";
import { Batches } from "./batches.js";
import { Compare } from "./compare.js";
import { Evaluation, Importance, Scores } from "./evaluation.js";
import { Predict } from "./predict.js";
import { Use } from "./use.js";
import { targetNames } from "./inputs.js";

const TABS = { overview: ["Overview", Overview], evaluation: ["Evaluation", Evaluation], predict: ["Predict", Predict], batches: ["Batches", Batches], compare: ["Compare", Compare], use: ["Download and use", Use] };
const BACK = { href: "#/models", label: "Models" };

export default function ModelPage({ params, query }) {
  const { data: model, error, reload } = useLoad((signal) => get(`/v1/models/${params.id}`, {}, { signal }));
  if (error) return html`<${PageHeader} title="Model" back=${BACK} /><${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!model) return html`<${Loading} />`;
  const tab = TABS[query.tab] ? query.tab : "overview";
  const path = `/models/${model.id}`;
  return html`
    <${PageHeader} title=${model.name} back=${BACK} actions=${html`<${Actions} model=${model} />`}>
      <span>predicts ${targetNames(model).join(", ")} · ${number(model.parameters)} parameters · trained <${Time} time=${model.created_at} /></span>
    <//>
    <nav class="tabs" aria-label="Model">
      ${Object.entries(TABS).map(([name, [title]]) => html`<a key=${name} href=${link(path, { tab: name })} aria-current=${name === tab ? "page" : null}>${title}</a>`)}
    </nav>
    <div class="stack"><${TABS[tab][1]} key=${tab} model=${model} /></div>
  `;
}

function Actions({ model }) {
  const erase = async () => {
    await remove(`/v1/models/${model.id}`);
    toast(`Deleted ${model.name}`);
    go("/models");
  };
  return html`
    <a class="button" href=${link("/new", { model: model.id })}>Fine-tune</a>
    <${ConfirmButton} label="Delete" question="Delete this model?" danger onConfirm=${erase}
      detail="Its weights are erased for good, and applications that use it stop getting predictions. A model that an alias names, or that a job starts from, cannot be deleted." />
  `;
}

function Overview({ model }) {
  const { architecture: network, lineage, evaluation } = model;
  const bags = network.bags ?? [network];
  const from = lineage.base_model_id ?? lineage.base_weights_id;
  return html`
    <div class="grid-2">
      <${Card} title="Score">${evaluation ? html`<${Scores} evaluation=${evaluation} />` : html`<p class="quiet">Not evaluated.</p>`}<//>
      <${Card} title="Network">
        <${Facts} items=${[
          ["Task", network.task],
          ["Classes", network.classes?.join(", ")],
          ["Inputs", number(network.inputs)],
          ["Loss", network.loss?.type?.replaceAll("_", " ")],
          ["Precision", network.precision],
        ]} />
        ${bags.map((bag, at) => html`<p key=${at}>${bag.networks > 1 ? `${bag.networks} networks: ` : ""}${layersInWords(bag.layers)}${bag.weight < 1 ? html` <span class="quiet">(weight ${number(bag.weight, 2)})</span>` : ""}</p>`)}
      <//>
      ${evaluation?.importance && html`<${Importance} importance=${evaluation.importance} />`}
      <${Contributions} model=${model} />
      <${Aliases} model=${model} />
      <${Card} title="Lineage">
        <${Facts} items=${[
          ["Job", html`<a href=${link(`/jobs/${lineage.job_id}`)}>${lineage.job_id}</a>`],
          ["Data set", html`<a href=${link(`/datasets/${lineage.dataset_id}`)}>${lineage.dataset_id}</a>`],
          ["Started from", from && html`<a href=${lineage.base_model_id ? link(`/models/${from}`) : null}>${from}</a>`],
          ["Numeric fingerprint", html`<code>${model.fingerprint}</code>`],
          ["SHA-256 of the weights", html`<code>${model.weights.sha256}</code>`],
        ]} />
      <//>
    </div>
  `;
}

function Contributions({ model }) {
  const { data, error } = useLoad((signal) => get(`/v1/models/${model.id}/contributions`, {}, { signal }));
  if (error) return html`<${Card} title="Contributions of layers"><p class="quiet">${error.detail}</p><//>`;
  if (!data) return null;
  const layers = data.layers.map((layer) => ({ label: layer.label, value: layer.share, note: `${(layer.share * 100).toFixed(1)} %` }));
  return html`<${Card} title="Contributions of layers to the error"><${Bars} items=${layers} />
    <p class="quiet">How much each layer's weights together shape what is left of the error, measured by gradient times weight.</p><//>`;
}
