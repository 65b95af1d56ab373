// What the job would be: estimate, warnings and errors, the resolved spec, and the button that starts it.
import { html } from "../../vendor/htm/preact.js";
import { bytes, duration, number, short } from "../../format.js";
import { Card } from "../../components/card.js";
import { Json } from "../../components/code.js";
import { Facts } from "../../components/facts.js";
import { ProblemPanel } from "../../components/problem.js";
import { worded } from "../../components/wording.js";
import { layersInWords } from "./draft.js";

export function Outcome({ form, validation, sending, onStart }) {
  const { spec, estimate, warnings = [], problem, busy } = validation;
  return html`
    <aside class="outcome" aria-label="Estimate">
      <${Card} title="Estimate">
        <div class=${busy ? "stale" : ""} aria-live="polite" aria-busy=${busy ? "true" : "false"}>
          ${problem ? html`<${ProblemPanel} problem=${problem} skip=${form.shown} />` : estimate && html`<${Estimate} estimate=${estimate} />`}
          ${!problem && !estimate && html`<p class="quiet">${form.dataset ? "Validating …" : "Choose a data set, or upload a file."}</p>`}
        </div>
        ${sending.problem && html`<${ProblemPanel} problem=${sending.problem} skip=${form.shown} />`}
        <button type="button" class="primary wide" disabled=${!estimate || busy || Boolean(problem) || sending.busy} onClick=${onStart}>Start training</button>
      <//>
      ${!problem && spec && html`<${Decisions} spec=${spec} warnings=${warnings} />`}
    </aside>
  `;
}

function Estimate({ estimate }) {
  const { seconds, cost, start_from: from } = estimate;
  return html`
    <p class="big-number">${duration(seconds?.seconds)}</p>
    <p class="quiet">of computing, between ${duration(seconds?.low)} and ${duration(seconds?.high)}</p>
    <${Facts} items=${[
      ["Parameters", number(estimate.parameters)],
      ["Operations", `${short(estimate.flops)} FLOPs`],
      ["Memory", bytes(estimate.memory_bytes)],
      ["Cost", cost?.amount == null ? null : costText(cost)],
    ]} />
    ${from && html`<p class="note">A similar model exists: <a href="#/new?model=${from.model_id ?? from}">fine-tune it instead</a>. ${from.detail ?? ""}</p>`}
  `;
}

function costText(cost) {
  return `${number(cost.amount)} ${cost.currency} (${number(cost.low)} to ${number(cost.high)})`;
}

function Decisions({ spec, warnings }) {
  const { training, ensemble } = spec;
  return html`
    ${warnings.length > 0 &&
    html`<${Card} title="Warnings (${warnings.length})">
      <ul class="notices">${warnings.map((warning, at) => html`<li key=${at}>${warning.detail} <span class="quiet">${worded(warning.fix)}</span></li>`)}</ul>
    <//>`}
    <${Card} title="What will be done">
      <${Facts} items=${[
        ["Task", spec.task],
        ["Rows", `${number(spec.training_rows)} to learn from, ${number(spec.validation_rows)} to validate`],
        ["Inputs", `at most ${number(spec.inputs_at_most)}, from ${number(spec.features?.length)} columns`],
        ["Layers", spec.model && (layersInWords(spec.model.layers) || "no hidden layers")],
        ["Ensemble", ensemble && `${ensemble.type} × ${ensemble.folds ?? ensemble.seeds ?? ensemble.networks ?? ""}${ensemble.blend?.length ? ", blended" : ""}`],
        ["Loss", training?.loss?.type?.replaceAll("_", " ")],
        ["Training", training && `${number(training.epochs)} epochs of batches of ${number(training.batch_size)}, ${training.optimizer.type}, rate ${number(training.optimizer.learning_rate)}`],
        ["Seed", training && String(training.seed)],
      ]} />
      <details><summary>Resolved spec</summary><${Json} value=${spec} label="resolved spec" /></details>
    <//>
  `;
}
