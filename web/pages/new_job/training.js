// How to train: the values that people change most. Empty fields are decided by the service, which shows its choice.
import { html } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { CheckboxField, SelectField, TextField } from "../../components/fields.js";

const OPTIMIZERS = ["adamw", "adam", "sgd", "rmsprop", "adagrad", "lion", "lbfgs"];
const SCHEDULES = ["constant", "cosine", "one_cycle", "step", "exponential", "plateau"];

export function Training({ form }) {
  const isClass = form.decided("/task") === "classification";
  return html`
    <${Card} title="Training">
      <div class="form-grid">
        <${NumberField} form=${form} pointer="/training/epochs" label="Epochs" step="1" />
        <${NumberField} form=${form} pointer="/training/batch_size" label="Batch size" step="1" />
        <${TypeField} form=${form} pointer="/training/optimizer" label="Optimizer" types=${OPTIMIZERS} />
        <${LearningRate} form=${form} />
        <${TypeField} form=${form} pointer="/training/schedule" label="Schedule" types=${SCHEDULES} />
        <${NumberField} form=${form} pointer="/training/early_stopping/patience" label="Stop early after epochs without progress" step="1" />
        <${NumberField} form=${form} pointer="/training/seed" label="Seed" step="1" />
        <${NumberField} form=${form} pointer="/training/max_runtime_seconds" label="Time limit in seconds" step="1" />
      </div>
      ${isClass &&
      html`<${CheckboxField} label="Balance classes: rows of rare classes count more" checked=${form.value("/training/class_weight") === "balanced"}
        onChange=${(checked) => form.set("/training/class_weight", checked ? "balanced" : undefined)} />`}
      <h3>Validation</h3>
      <${Validation} form=${form} />
    <//>
  `;
}

// A number of the body; empty means that the service decides.
export function NumberField({ form, pointer, label, ...rest }) {
  const decided = form.decided(pointer);
  return html`<${TextField} type="number" inputmode="decimal" label=${label} value=${form.value(pointer) ?? ""} placeholder=${decided ?? "auto"}
    error=${form.error(pointer)} step="any" ...${rest} onInput=${(text) => form.set(pointer, text === "" ? undefined : Number(text))} />`;
}

function TypeField({ form, pointer, label, types }) {
  const decided = form.decided(`${pointer}/type`);
  const options = [{ value: "", label: decided && !form.value(pointer) ? `auto: ${decided}` : "auto" }, ...types];
  const set = (type) => form.set(pointer, type ? { type } : undefined);
  return html`<${SelectField} label=${label} value=${form.value(`${pointer}/type`) ?? ""} options=${options}
    error=${form.error(pointer) ?? form.error(`${pointer}/type`)} onChange=${set} />`;
}

// The learning rate belongs to an optimizer, so setting it fixes the optimizer that was decided.
function LearningRate({ form }) {
  const pointer = "/training/optimizer/learning_rate";
  const set = (text) => {
    const type = form.value("/training/optimizer/type") ?? form.decided("/training/optimizer/type") ?? "adamw";
    if (text === "") return form.set(pointer, undefined);
    return form.set("/training/optimizer", { ...form.value("/training/optimizer"), type, learning_rate: Number(text) });
  };
  return html`<${TextField} type="number" label="Learning rate" step="any" value=${form.value(pointer) ?? ""} placeholder=${form.decided(pointer) ?? "auto"}
    error=${form.error(pointer)} onInput=${set} />`;
}

const BY = ["random", "stratified", "time", "group"];

function Validation({ form }) {
  const pointer = "/training/validation";
  const decided = form.decided(pointer) ?? {};
  const [kind, by] = [kindOf(form.value(pointer)), form.value(`${pointer}/by`) ?? ""];
  const automatic = decided.folds ? `${decided.folds} folds` : `${decided.by ?? "random"} ${Math.round((decided.fraction ?? 0.2) * 100)} %`;
  const kinds = [
    { value: "", label: kind ? "auto" : `auto: ${automatic}` },
    { value: "fraction", label: "Hold out a part of the rows" },
    { value: "folds", label: "Cross-validation" },
    { value: "none", label: "None: train on every row" },
    { value: "custom", label: "As in the JSON", disabled: true },
  ].filter((each) => each.value !== "custom" || kind === "custom");
  const starts = { "": undefined, fraction: { fraction: 0.2 }, folds: { folds: 5 }, none: { fraction: 0 } };
  const columns = [{ value: "", label: "Choose a column" }, ...form.dataset.columns.map((column) => column.name)];
  return html`
    <div class="form-grid">
      <${SelectField} label="Rows for validation" value=${kind} options=${kinds} error=${form.error(pointer)} onChange=${(value) => form.set(pointer, starts[value])} />
      ${kind === "folds" && html`<${NumberField} form=${form} pointer="${pointer}/folds" label="Folds" step="1" />`}
      ${kind === "fraction" && html`<${NumberField} form=${form} pointer="${pointer}/fraction" label="Fraction" step="0.05" />`}
      ${(kind === "folds" || kind === "fraction") &&
      html`<${SelectField} label="Chosen" value=${by} error=${form.error(`${pointer}/by`)} onChange=${(value) => form.set(`${pointer}/by`, value || undefined)}
        options=${[{ value: "", label: "auto" }, ...BY.map((each) => ({ value: each, label: each === "time" ? "the latest rows (time)" : each }))]} />`}
      ${(by === "time" || by === "group") &&
      html`<${SelectField} label=${by === "time" ? "Column of times" : "Column of groups"} value=${form.value(`${pointer}/column`) ?? ""} options=${columns}
        error=${form.error(`${pointer}/column`)} onChange=${(value) => form.set(`${pointer}/column`, value || undefined)} />`}
    </div>
  `;
}

function kindOf(validation) {
  if (!validation) return "";
  if (validation.dataset_id) return "custom";
  if (validation.folds !== undefined) return "folds";
  return validation.fraction === 0 ? "none" : "fraction";
}
