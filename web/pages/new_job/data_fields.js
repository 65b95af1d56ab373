// What to learn from and what to predict: data set or new file, target column, preset, name.
import { html, useState } from "../../vendor/htm/preact.js";
import { number } from "../../format.js";
import { Card } from "../../components/card.js";
import { SelectField, TextField } from "../../components/fields.js";
import { UploadPanel } from "../datasets/upload.js";
import { suggestedTarget } from "./draft.js";

const PRESETS = [
  { value: "fast", label: "Fast", detail: "One small network. For a first look." },
  { value: "balanced", label: "Balanced", detail: "Accurate models at a few times the cost." },
  { value: "best", label: "Best", detail: "The most accurate models, several times the cost." },
];

export function DataFields({ form, datasets, onDataset }) {
  const { dataset } = form;
  const [uploading, setUploading] = useState(!dataset);
  const done = (uploaded) => {
    setUploading(false);
    onDataset(uploaded);
  };
  const choices = datasets.map((each) => ({ value: each.id, label: `${each.name} (${number(each.rows)} rows, ${each.id.slice(-6)})` }));
  const select = (id) => onDataset(datasets.find((each) => each.id === id));
  return html`
    <${Card} title="Data and target" actions=${html`<button type="button" aria-expanded=${uploading} onClick=${() => setUploading(!uploading)}>Upload a file</button>`}>
      ${uploading && html`<${UploadPanel} onDone=${done} />`}
      <div class="form-grid">
        <${SelectField} label="Data set" value=${dataset?.id ?? ""} error=${form.error("/dataset_id")}
          options=${dataset ? choices : [{ value: "", label: "Choose a data set" }, ...choices]} onChange=${select} />
        ${dataset && html`<${Target} form=${form} />`}
        <${TextField} label="Name" value=${form.value("/name") ?? ""} placeholder=${dataset ? `${dataset.name}: ${form.value("/target")}` : ""}
          maxlength="200" error=${form.error("/name")} onInput=${(text) => form.set("/name", text || undefined)} />
      </div>
      ${dataset && html`<${Preset} form=${form} />`}
    <//>
  `;
}

function Target({ form }) {
  const suggested = suggestedTarget(form.dataset);
  const target = form.value("/target");
  const options = form.dataset.columns.map(({ name, type }) => ({ value: name, label: `${name} (${type})` }));
  if (Array.isArray(target)) options.unshift({ value: target, label: target.join(", ") });
  const task = form.decided("/task");
  const hint = target === suggested ? "Suggested. Choose another column if you want to predict something else." : task && `Task: ${task}.`;
  return html`<${SelectField} label="Column to predict" value=${target} options=${options} hint=${hint}
    error=${form.error("/target", true)} onChange=${(name) => form.setBody(({ features: _, ...rest }) => ({ ...rest, target: name }))} />`;
}

function Preset({ form }) {
  const chosen = form.value("/preset") ?? "balanced";
  return html`
    <fieldset class="choices">
      <legend>Preset</legend>
      ${PRESETS.map(
        ({ value, label, detail }) => html`<label key=${value} class=${chosen === value ? "chosen" : ""}>
          <input type="radio" name="preset" value=${value} checked=${chosen === value} onChange=${() => form.set("/preset", value)} />
          <strong>${label}</strong><span class="quiet">${detail}</span>
        </label>`,
      )}
    </fieldset>
  `;
}
