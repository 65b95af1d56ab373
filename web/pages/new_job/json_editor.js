// The whole body as JSON, for everything that the form has no field for.
import { html, useState } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { CopyButton } from "../../components/code.js";
import { TextArea } from "../../components/fields.js";

export function JsonEditor({ body, onChange }) {
  const [draft, setDraft] = useState(null); // the text while it is not valid JSON
  const [error, setError] = useState(null);
  const text = draft ?? JSON.stringify(body, null, 2);
  const changed = (typed) => {
    try {
      const value = JSON.parse(typed);
      if (value === null || typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("The body is an object: { … }.");
      setDraft(typed);
      setError(null);
      onChange(value);
    } catch (problem) {
      setDraft(typed);
      setError(problem.message);
    }
  };
  return html`
    <${Card} title="Request" actions=${html`<${CopyButton} text=${text} />`}>
      <details onToggle=${() => setDraft(null)}>
        <summary>The request as JSON: every option can be edited here</summary>
        <${TextArea} label="Body of POST /v1/jobs" rows=${Math.min(24, text.split("\n").length + 1)} spellcheck="false" class="mono" value=${text}
          error=${error} onInput=${changed} onBlur=${() => error || setDraft(null)} />
      </details>
    <//>
  `;
}
