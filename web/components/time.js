// A time relative to now, with the exact time as its title: <Time time="2026-…" />.
import { html } from "../vendor/htm/preact.js";
import { ago, dateTime } from "../format.js";
import { useNow } from "../live.js";

export function Time({ time }) {
  const now = useNow(30);
  if (!time) return "–";
  const text = Date.parse(time) > now + 5000 ? dateTime(time) : ago(time, now);
  return html`<time datetime=${time} title=${dateTime(time)}>${text}</time>`;
}
