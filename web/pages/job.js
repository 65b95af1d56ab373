// One job: state and progress, curves, layers, findings, transitions, estimate, spec, and what can be done with it.
import { html } from "../vendor/htm/preact.js";
import { get } from "../api.js";
import { StateBadge } from "../components/badge.js";
import { Card } from "../components/card.js";
import { Json } from "../components/code.js";
import { Loading } from "../components/loading.js";
import { PageHeader } from "../components/page_header.js";
import { ProblemPanel } from "../components/problem.js";
import { usePoll } from "../live.js";

export default function Job({ params }) {
  const path = `/v1/jobs/${encodeURIComponent(params.id)}`;
  const { data: job, error, reload } = usePoll((signal) => get(path, {}, { signal }), (job) => (job?.finished_at ? null : 2), [path]);
  if (error && !job) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!job) return html`<${Loading} />`;
  return html`
    <${PageHeader} title=${job.name || job.id} back=${{ href: "#/jobs", label: "Jobs" }} badge=${html`<${StateBadge} state=${job.state} requested=${job.requested} />`} />
    <${Card} title="Spec"><${Json} value=${job.spec} /><//>
  `;
}
