// Names with values: <Facts items=${[["Rows", "1,000"], …]} />; entries whose value is null or undefined are left out.
// <Meter fraction label /> is a progress bar.
import { html } from "../vendor/htm/preact.js";

export function Facts({ items }) {
  const known = items.filter((item) => item && item[1] != null);
  return html`<dl class="facts">${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function Meter({ fraction, label, tone = "" }) {
  const share = Math.round((fraction ?? 0) * 1000) / 10;
  return html`
    <div class=${`meter ${tone}`} role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share}>
      <i style=${{ width: `${share}%` }} />
    </div>
  `;
}
