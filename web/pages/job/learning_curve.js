// Would more data help? Loaded when somebody opens it: scores by rows, what more rows would bring, and the answer in words.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, post } from "../../api.js";
import { Card } from "../../components/card.js";
import { LineChart } from "../../components/line_chart.js";
import { Loading } from "../../components/loading.js";
import { ProblemPanel } from "../../components/problem.js";
import { duration, number } from "../../format.js";
import { usePoll } from "../../live.js";

export function LearningCurve({ job }) {
  const [open, setOpen] = useState(false);
  return html`
    <${Card} title="Would more data help?">
      <details onToggle=${(event) => setOpen(event.target.open)}>
        <summary>Train on growing parts of the rows, and see what more rows would bring</summary>
        ${open && html`<${Answer} job=${job} />`}
      </details>
    <//>
  `;
}

function Answer({ job }) {
  const path = `/v1/jobs/${job.id}/learning-curve`;
  const { data, error, reload } = usePoll(() => get(path).catch(noneYet), (curve) => (curve?.state === "running" ? 2 : null), [job.id]);
  const [problem, setProblem] = useState();
  const change = (to, body) => post(to, body).then(() => setProblem(undefined), setProblem).then(reload);
  if (error || problem) return html`<${ProblemPanel} problem=${problem ?? error} onRetry=${reload} />`;
  if (data === undefined) return html`<${Loading} />`;
  if (!data.points) return html`<p><button type="button" onClick=${() => change(path, {})}>Start the learning curve</button></p>`;
  return html`
    <p aria-live="polite">${data.summary}</p>
    ${data.curve.length > 0 && html`<${Plot} curve=${data} />`}
    <p class="quiet">It has used ${duration(data.cpu_seconds)} of CPU time for ${number(data.progress.jobs)} jobs.</p>
    ${data.state === "running" && html`<button type="button" onClick=${() => change(`${path}/cancel`, {})}>Cancel the learning curve</button>`}
  `;
}

const noneYet = (problem) => {
  if (problem.status === 404) return {};
  throw problem;
};

// The fitted curve with its interval; the measured scores are the means of each size.
function Plot({ curve }) {
  const measured = new Map();
  for (const { rows, score } of curve.points) if (score != null) measured.set(rows, [...(measured.get(rows) ?? []), score]);
  const fitted = new Map(curve.curve.map(({ rows, score }) => [rows, score]));
  const x = [...new Set([...measured.keys(), ...fitted.keys()])].sort((a, b) => a - b);
  const mean = (scores) => (scores ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null);
  const series = [
    { label: "Measured", values: x.map((rows) => mean(measured.get(rows))), color: "series-2" },
    { label: "Fitted", values: x.map((rows) => fitted.get(rows)?.value ?? null), color: "series-1" },
    { label: "90 % from", values: x.map((rows) => fitted.get(rows)?.low ?? null), color: "series-1", dash: [4, 4] },
    { label: "90 % to", values: x.map((rows) => fitted.get(rows)?.high ?? null), color: "series-1", dash: [4, 4] },
  ];
  return html`<${LineChart} label=${`${curve.metric} by training rows`} x=${x} series=${series} xLabel="Training rows" />`;
}
