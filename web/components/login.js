// The form for the API key, shown when the service answers 401.
import { html, useState } from "../vendor/htm/preact.js";
import { get, key, saveKey } from "../api.js";
import { CheckboxField, TextField } from "./fields.js";
import { ProblemPanel } from "./problem.js";

export function Login({ onDone }) {
  const [text, setText] = useState("");
  const [remember, setRemember] = useState(false);
  const [state, setState] = useState({});
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await get("/v1/jobs", { limit: 1 }, { apiKey: text.trim() });
      saveKey(text.trim(), remember);
      onDone();
    } catch (problem) {
      setState({ problem });
    }
  };
  return html`
    <main class="login">
      <form class="card" onSubmit=${submit}>
        <h1>Backprop</h1>
        <p>${key() ? "The saved API key is not valid any more." : "This service needs an API key."}</p>
        <${TextField} label="API key" type="password" autocomplete="off" required autofocus value=${text} onInput=${setText}
          hint="Your administrator creates keys with ./dev key create." />
        <${CheckboxField} label="Remember on this computer" checked=${remember} onChange=${setRemember} />
        ${state.problem && html`<${ProblemPanel} problem=${state.problem} />`}
        <button type="submit" class="primary" disabled=${state.busy || !text.trim()}>Sign in</button>
      </form>
    </main>
  `;
}
