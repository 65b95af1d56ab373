// The head of a page: <PageHeader title="Jobs" back={{ href, label }} badge=${…} actions=${…}>subtitle</PageHeader>
import { html } from "../vendor/htm/preact.js";

export function PageHeader({ title, back, badge, actions, children }) {
  return html`
    <header class="page-header">
      ${back && html`<a class="back" href=${back.href}>‹ ${back.label}</a>`}
      <div class="page-title">
        <h1>${title}</h1>
        ${badge}
        ${actions && html`<div class="actions">${actions}</div>`}
      </div>
      ${children && html`<div class="subtitle">${children}</div>`}
    </header>
  `;
}
