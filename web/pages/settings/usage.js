// What the project used, day by day: CPU time, jobs, predicted rows, uploads, storage.
import { html } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { bytes, duration, number } from "../../format.js";
import { useLoad } from "../../live.js";
import { Card } from "../../components/card.js";
import { EmptyState } from "../../components/empty.js";
import { Loading } from "../../components/loading.js";
import { ProblemPanel } from "../../components/problem.js";

const DAYS = 30;
const MEASURES = [
  ["CPU time of training", (day) => day.cpu_seconds, duration],
  ["Jobs created", (day) => day.jobs.created, number],
  ["Jobs failed", (day) => day.jobs.failed, number],
  ["Predicted rows", (day) => day.prediction_rows, number],
  ["Uploaded", (day) => day.uploaded_bytes, bytes],
  ["Stored at most", (day) => day.stored_bytes, bytes],
];

export function Usage() {
  const { data, error, reload } = useLoad((signal) => get("/v1/usage", { group: "day" }, { signal }));
  if (error) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  if (!data.data.length) return html`<${Card}><${EmptyState} title="Nothing was used yet"><p>Train a model or predict, and this page shows what it took.</p><//><//>`;
  const days = lastDays(data.data);
  return html`<div class="multiples">${MEASURES.map(([title, value, format]) => html`<${Measure} key=${title} title=${title} days=${days} value=${value} format=${format} />`)}</div>`;
}

// One entry per day, also for days on which nothing was used.
function lastDays(used) {
  const known = Object.fromEntries(used.map((day) => [day.start, day]));
  const today = Date.now();
  return Array.from({ length: DAYS }, (_, at) => new Date(today - (DAYS - 1 - at) * 86_400_000).toISOString().slice(0, 10)).map((date) => ({ date, used: known[date] }));
}

function Measure({ title, days, value, format }) {
  const values = days.map((day) => (day.used ? value(day.used) : 0));
  const [most, isPeak] = [Math.max(...values), title.startsWith("Stored")];
  const total = isPeak ? most : values.reduce((sum, each) => sum + each, 0);
  return html`
    <article class="multiple panel" aria-label=${title}>
      <header><h3>${title}</h3><strong>${format(total)}</strong></header>
      <svg class="plot histogram" viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-label="${title} per day, at most ${format(most)}">
        ${values.map((each, at) => html`<rect key=${at} class="bar" x=${at * 10 + 1} width="8" y=${56 - (54 * each) / (most || 1)} height=${(54 * each) / (most || 1)}><title>${days[at].date}: ${format(each)}</title></rect>`)}
      </svg>
      <p class="range"><span>${days[0].date}</span><span>${days.at(-1).date}</span></p>
    </article>
  `;
}
