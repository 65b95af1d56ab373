// Start from a trained model: which one, how many of its first layers stay as they are, and whether the output is new.
import { html } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { CheckboxField } from "../../components/fields.js";
import { NumberField } from "./training.js";

export function FineTuning({ form, model }) {
  const from = form.value("/init_from");
  if (!from) return null;
  return html`
    <${Card} title="Start from a model" actions=${html`<button type="button" onClick=${() => form.set("/init_from", undefined)}>Train from scratch</button>`}>
      <p>
        The job starts with the weights of <a href="#/models/${from.model_id}">${model?.name ?? from.model_id}</a> and keeps its preprocessing.
        The data set needs columns with the same names.
      </p>
      <div class="form-grid">
        <${NumberField} form=${form} pointer="/init_from/freeze_layers" label="First layers that do not change" step="1" min="0" />
      </div>
      <${CheckboxField} label="New output layer: start the last layer from random weights" checked=${from.new_head ?? false}
        onChange=${(checked) => form.set("/init_from/new_head", checked || undefined)} />
      ${form.error("/init_from") && html`<p class="error">${form.error("/init_from")}</p>`}
      ${form.error("/init_from/model_id") && html`<p class="error">${form.error("/init_from/model_id")}</p>`}
    <//>
  `;
}
