// Findings and warnings with advice: <Notes items=${[{ code, column, detail, fix }]} />.
import { html } from "../vendor/htm/preact.js";

export function Notes({ items, tone = "" }) {
  return html`
    <ul class="notes">
      ${items.map(
        ({ code, column, detail, fix }, at) => html`
          <li key=${at} class=${`note ${tone}`}>
            <p>${detail} <code class="quiet">${code}${column && ` · ${column}`}</code></p>
            ${fix && html`<p class="fix">${fix}</p>`}
          </li>
        `,
      )}
    </ul>
  `;
}
