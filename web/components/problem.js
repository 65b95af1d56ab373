// What went wrong, in full: <ProblemPanel problem=${exception} onRetry=${…} skip=${["/target"]} /> shows a problem document
// with all its errors. `skip` names pointers that are already shown beside their fields.
import { html } from "../vendor/htm/preact.js";
import { worded } from "./wording.js";

export function ProblemPanel({ problem, onRetry, skip = [], children }) {
  const errors = (problem.errors ?? []).filter((error) => !skip.includes(error.pointer));
  return html`
    <div class="problem" role="alert">
      <p class="problem-title">${problem.title ?? "Something went wrong"}</p>
      <p>${problem.detail ?? problem.message}</p>
      ${errors.length > 0 && html`<ul>${errors.map((error, at) => html`<${Line} key=${at} error=${error} />`)}</ul>`}
      ${children}
      <p class="problem-end">
        ${problem.code && html`<code>${problem.code}</code>`}
        ${problem.request_id && html`<span class="quiet">Request <code>${problem.request_id}</code></span>`}
        ${onRetry && html`<button type="button" onClick=${onRetry}>Try again</button>`}
      </p>
    </div>
  `;
}

// Errors of requests have a pointer, errors of files a line, a column and a value.
function Line({ error }) {
  const place = error.pointer || [error.line && `line ${error.line}`, error.column && `column ${error.column}`].filter(Boolean).join(", ");
  return html`
    <li>
      ${place && html`<code>${place}</code>`} ${error.detail}
      ${error.value != null && html` <span class="quiet">Value: <code>${String(error.value)}</code></span>`}
      ${error.fix && html` <span class="fix">${worded(error.fix)}</span>`}
    </li>
  `;
}
