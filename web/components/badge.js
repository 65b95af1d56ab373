// Short colored labels: <Badge tone="good|warn|bad|info|quiet">text</Badge> and <StateBadge state requested />.
import { html } from "../vendor/htm/preact.js";

const TONES = { queued: "quiet", running: "info", paused: "warn", succeeded: "good", failed: "bad", canceled: "quiet" };
const REQUESTED = { cancel: "canceling", stop: "stopping", pause: "pausing" };

export function Badge({ tone = "quiet", children }) {
  return html`<span class=${`badge ${tone}`}>${children}</span>`;
}

// The state of a job, sweep or batch; `requested` is an action that is not carried out yet.
export function StateBadge({ state, requested }) {
  const text = REQUESTED[requested] ?? state;
  return html`<span class=${`badge state ${TONES[state] ?? "quiet"} ${state}`}>${text}</span>`;
}
