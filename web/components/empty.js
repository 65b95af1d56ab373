// What to do when there is nothing yet: <EmptyState title="No jobs yet">what to do next</EmptyState>
import { html } from "../vendor/htm/preact.js";

export function EmptyState({ title, children }) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}
