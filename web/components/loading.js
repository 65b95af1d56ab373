// The place of content that is being loaded. It appears only after a moment, so that fast answers do not flicker.
import { html } from "../vendor/htm/preact.js";

export function Loading({ lines = 4 }) {
  return html`<div class="loading" role="status" aria-label="Loading">${Array.from({ length: lines }, (_, at) => html`<i key=${at} />`)}</div>`;
}
