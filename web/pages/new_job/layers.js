// The hidden layers: those that the preset chose, or a list to edit. The output layer follows from the target.
import { html } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { SelectField, TextArea, TextField } from "../../components/fields.js";
import { layersInWords, valueAt } from "./draft.js";

const ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "selu", "gelu", "gelu_exact", "silu", "mish", "tanh", "sigmoid", "softplus"];
const NEW = {
  dense: { type: "dense", units: 64, activation: "relu" },
  dropout: { type: "dropout", rate: 0.2 },
  batch_norm: { type: "batch_norm" },
  layer_norm: { type: "layer_norm" },
  activation: { type: "activation", function: "relu" },
  residual: { type: "residual", layers: [{ type: "dense", units: 64, activation: "relu" }] },
};
const FIELDS = { dense: ["units", "activation"], dropout: ["rate"], activation: ["function"], batch_norm: [], layer_norm: [], scale: [], flatten: [] };

export function Layers({ form }) {
  const layers = form.value("/model/layers");
  const resolved = form.decided("/model/layers") ?? [];
  const set = (list) => form.set("/model", list && { layers: list });
  if (!layers)
    return html`
      <${Card} title="Network" actions=${html`<button type="button" disabled=${!resolved.length} onClick=${() => set(resolved)}>Edit layers</button>`}>
        <p>${resolved.length ? layersInWords(resolved) : "No hidden layers"} <span class="quiet">(chosen for you)</span></p>
        ${form.error("/model", true) && html`<p class="error">${form.error("/model", true)}</p>`}
      <//>
    `;
  const replace = (at, ...others) => set([...layers.slice(0, at), ...others, ...layers.slice(at + 1)]);
  const swap = (at, to) => set(layers.map((layer, index) => (index === at ? layers[to] : index === to ? layers[at] : layer)));
  return html`
    <${Card} title="Network" actions=${html`<button type="button" onClick=${() => set(undefined)}>Let the service choose</button>`}>
      <ol class="layers" aria-label="Layers">
        ${layers.map(
          (layer, at) => html`<li key=${at}>
            <${Layer} layer=${layer} at=${at} form=${form} onChange=${(changed) => replace(at, changed)} />
            <div class="row">
              <button type="button" class="small" aria-label="Move layer ${at + 1} up" disabled=${at === 0} onClick=${() => swap(at, at - 1)}>↑</button>
              <button type="button" class="small" aria-label="Move layer ${at + 1} down" disabled=${at === layers.length - 1} onClick=${() => swap(at, at + 1)}>↓</button>
              <button type="button" class="small" aria-label="Remove layer ${at + 1}" onClick=${() => replace(at)}>Remove</button>
            </div>
          </li>`,
        )}
      </ol>
      ${form.error("/model/layers") && html`<p class="error">${form.error("/model/layers")}</p>`}
      <div class="row wrap">
        <span class="quiet">Add</span>
        ${Object.keys(NEW).map((type) => html`<button key=${type} type="button" class="small" onClick=${() => set([...layers, NEW[type]])}>${type.replace("_", " ")}</button>`)}
      </div>
    <//>
  `;
}

function Layer({ layer, at, form, onChange }) {
  const pointer = `/model/layers/${at}`;
  const name = (layer.type ?? "layer").replaceAll("_", " ");
  const fields = FIELDS[layer.type];
  if (!fields) return html`<div><strong>${name}</strong><${LayerJson} layer=${layer} label="Layer ${at + 1} as JSON" onChange=${onChange} /><p class="error">${form.error(pointer, true)}</p></div>`;
  return html`
    <div class="layer">
      <strong>${name}</strong>
      ${fields.map((field) => html`<${LayerField} key=${field} field=${field} layer=${layer} at=${at} error=${form.error(`${pointer}/${field}`)} onChange=${onChange} />`)}
      ${form.error(pointer) && html`<p class="error">${form.error(pointer)}</p>`}
    </div>
  `;
}

function LayerField({ field, layer, at, error, onChange }) {
  const label = field[0].toUpperCase() + field.slice(1);
  const common = { label, error, "aria-label": `${label} of layer ${at + 1}`, value: layer[field] ?? "" };
  const set = (value) => onChange({ ...layer, [field]: value });
  if (field === "activation" || field === "function") return html`<${SelectField} ...${common} options=${ACTIVATIONS} onChange=${set} />`;
  const step = field === "units" ? "1" : "0.05";
  return html`<${TextField} ...${common} type="number" min="0" step=${step} onInput=${(text) => set(text === "" ? null : Number(text))} />`;
}

function LayerJson({ layer, label, onChange }) {
  const changed = (text) => {
    try {
      const value = JSON.parse(text);
      if (valueAt(value, "/type")) onChange(value);
    } catch {
      // not complete yet
    }
  };
  return html`<${TextArea} label=${label} rows="4" spellcheck="false" value=${JSON.stringify(layer, null, 2)} onInput=${changed} />`;
}
