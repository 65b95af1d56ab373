// One job: state and progress, curves, layers, findings, transitions, estimate, spec, and what can be done with it.
import { html, useEffect } from "../vendor/htm/preact.js";
import { StateBadge } from "../components/badge.js";
import { Card } from "../components/card.js";
import { CopyButton, Json } from "../components/code.js";
import { Loading } from "../components/loading.js";
import { Notes } from "../components/notes.js";
import { PageHeader } from "../components/page_header.js";
import { PageLink } from "../components/page_link.js";
import { ProblemPanel } from "../components/problem.js";
import { useFollowedJob } from "../followed_job.js";
import { percent, shortId } from "../format.js";
import { Actions } from "./job/actions.js";
import { Curves } from "./job/curves.js";
import { Estimate } from "./job/estimate.js";
import { Layers } from "./job/layers.js";
import { LearningCurve } from "./job/learning_curve.js";
import { Progress } from "./job/progress.js";
import { Timeline } from "./job/timeline.js";

export default function Job({ params }) {
  const { job, epochs, error, act, reload } = useFollowedJob(params.id);
  useEffect(() => {
    if (job) document.title = `${job.state === "running" ? `${percent(job.progress.fraction, 0)} · ` : ""}${job.name || job.id} · Backprop`;
  }, [job]);
  if (error && !job) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!job) return html`<${Loading} />`;
  return html`
    <${PageHeader} title=${job.name || shortId(job.id)} back=${{ href: "#/jobs", label: "Jobs" }}
      badge=${html`<span role="status" aria-live="polite"><${StateBadge} state=${job.state} requested=${job.requested} /></span>`}
      actions=${html`<${Actions} job=${job} act=${act} />`}>
      <${Links} job=${job} />
    <//>
    <div class="stack">
      ${error && html`<${ProblemPanel} problem=${error} onRetry=${reload} />`}
      ${job.error && html`<${Failure} error=${job.error} />`}
      <${Progress} job=${job} last=${epochs.at(-1)} />
      ${job.warnings.length > 0 && html`<${Card} title=${`Findings (${job.warnings.length})`}><${Notes} items=${job.warnings} /><//>`}
      <${Curves} job=${job} epochs=${epochs} />
      <${Layers} epochs=${epochs} />
      ${job.state === "succeeded" && html`<${LearningCurve} job=${job} />`}
      <div class="grid-2">
        <${Timeline} job=${job} />
        <${Estimate} job=${job} />
      </div>
      <${Card} title="Spec" actions=${html`<${CopyButton} text=${JSON.stringify(job.spec, null, 2)} label="Copy the spec" />`}>
        <details><summary>Every decision of this training, defaults filled in</summary><${Json} value=${job.spec} label="spec" /></details>
      <//>
    </div>
  `;
}

function Links({ job }) {
  const metadata = Object.entries(job.metadata);
  return html`
    <span>Job <code>${job.id}</code></span>
    <span>Data <${PageLink} path=${`/datasets/${job.dataset_id}`}><code>${shortId(job.dataset_id)}</code><//></span>
    ${job.model_id && html`<span>Model <${PageLink} path=${`/models/${job.model_id}`}><code>${shortId(job.model_id)}</code><//></span>`}
    ${job.retry_of && html`<span>Retry of <${PageLink} path=${`/jobs/${job.retry_of}`}><code>${shortId(job.retry_of)}</code><//></span>`}
    ${metadata.map(([name, value]) => html`<span key=${name}>${name}: ${value}</span>`)}
  `;
}

function Failure({ error }) {
  const places = error.detail?.includes("epoch") ? [] : ["epoch", "batch", "layer"].filter((name) => error[name] != null).map((name) => `${name} ${error[name]}`);
  const problem = { title: "The training failed", code: error.code, detail: [error.detail, error.fix].filter(Boolean).join(" ") };
  return html`<${ProblemPanel} problem=${problem}>${places.length > 0 && html`<p>At ${places.join(", ")}.</p>`}<//>`;
}
