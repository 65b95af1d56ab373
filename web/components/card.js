// A titled panel: <Card title="Curves" actions=${…} flush>…</Card>. With `flush`, the content reaches the border.
import { html } from "../vendor/htm/preact.js";

export function Card({ title, actions, flush, children }) {
  return html`
    <section class=${`card ${flush ? "flush" : ""}`} aria-label=${title}>
      ${title && html`<div class="card-head"><h2>${title}</h2>${actions && html`<div class="actions">${actions}</div>`}</div>`}
      <div class="card-body">${children}</div>
    </section>
  `;
}
