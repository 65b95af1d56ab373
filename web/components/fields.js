// Form fields with label, hint and error beside the control:
// <TextField label value onInput hint error type="text" />, <SelectField label value onChange options />,
// <CheckboxField label checked onChange />. `options` are texts or { value, label }. Handlers get the value.
import { html, useMemo } from "../vendor/htm/preact.js";

let count = 0;

// The label, hint and error around a control. `children` is a function of the properties that the control needs.
export function Field({ label, hint, error, children }) {
  const id = useMemo(() => `field-${(count += 1)}`, []);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null;
  return html`
    <div class=${`field ${error ? "invalid" : ""}`}>
      <label for=${id}>${label}</label>
      ${children({ id, "aria-describedby": described, "aria-invalid": error ? "true" : null })}
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
      ${error && html`<p class="error" id=${`${id}-error`}>${error}</p>`}
    </div>
  `;
}

export function TextField({ label, hint, error, onInput, ...rest }) {
  const input = (event) => onInput(event.target.value);
  return html`<${Field} ...${{ label, hint, error }}>${(own) => html`<input type="text" ...${rest} ...${own} onInput=${input} />`}<//>`;
}

export function TextArea({ label, hint, error, onInput, ...rest }) {
  const input = (event) => onInput(event.target.value);
  return html`<${Field} ...${{ label, hint, error }}>${(own) => html`<textarea rows="6" ...${rest} ...${own} onInput=${input}></textarea>`}<//>`;
}

export function SelectField({ label, hint, error, onChange, options, value, ...rest }) {
  const all = options.map((option) => (typeof option === "object" ? option : { value: option, label: option }));
  return html`
    <${Field} ...${{ label, hint, error }}>
      ${(own) => html`
        <select ...${rest} ...${own} value=${value} onChange=${(event) => onChange(event.target.value)}>
          ${all.map((each) => html`<option key=${each.value} value=${each.value} selected=${each.value === value}>${each.label}</option>`)}
        </select>
      `}
    <//>
  `;
}

export function CheckboxField({ label, hint, checked, onChange, ...rest }) {
  return html`
    <div class="field check">
      <label><input type="checkbox" checked=${checked} ...${rest} onChange=${(event) => onChange(event.target.checked)} /> ${label}</label>
      ${hint && html`<p class="hint">${hint}</p>`}
    </div>
  `;
}
