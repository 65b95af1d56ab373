// A secret that is shown once: <SecretDialog title text onClose>what it is for</SecretDialog>.
// <FormPanel fields submit>: a form whose problem is shown below it; see its properties.
import { html, useState } from "../vendor/htm/preact.js";
import { CodeBlock } from "./code.js";
import { Dialog } from "./dialog.js";
import { ProblemPanel } from "./problem.js";

export function SecretDialog({ title, text, onClose, children }) {
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <p>${children} It is shown only now: copy it to a safe place.</p>
      <${CodeBlock} label="secret" text=${text} />
      <div class="dialog-actions"><button type="button" class="primary" onClick=${onClose}>I have copied it</button></div>
    <//>
  `;
}

// A form with a submit button. `onSubmit` is async; `shown` are pointers whose errors stand beside their fields.
export function FormPanel({ submit, onSubmit, disabled, shown, children }) {
  const [state, setState] = useState({});
  const send = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await onSubmit();
      setState({});
    } catch (problem) {
      setState({ problem });
    }
  };
  return html`
    <form class="upload" onSubmit=${send}>
      <div class="form-grid">${children}</div>
      ${state.problem && html`<${ProblemPanel} problem=${state.problem} skip=${shown} />`}
      <div><button type="submit" class="primary" disabled=${disabled || state.busy}>${submit}</button></div>
    </form>
  `;
}
