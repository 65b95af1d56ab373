// Live workers and the jobs that they run. Needs an admin key.
import { html } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { usePoll } from "../../live.js";
import { link } from "../../router.js";
import { Card } from "../../components/card.js";
import { EmptyState } from "../../components/empty.js";
import { Meter } from "../../components/facts.js";
import { Loading } from "../../components/loading.js";
import { ProblemPanel } from "../../components/problem.js";
import { Table } from "../../components/table.js";
import { Time } from "../../components/time.js";

const SECONDS = 5; // between requests
const COLUMNS = [
  { key: "host", title: "Host", render: (worker) => html`${worker.host} <span class="quiet">${worker.pid}</span><span class="sub">${worker.version} · ${worker.fingerprint}</span>` },
  { key: "slots", title: "Busy", render: (worker) => html`<${Meter} fraction=${worker.busy_slots / worker.slots} label="Busy slots" /><span class="sub">${worker.busy_slots} of ${worker.slots}</span>` },
  { key: "running", title: "Runs", render: (worker) => worker.running.map((job) => html`<a key=${job.job_id ?? job.id} href=${link(`/jobs/${job.job_id ?? job.id}`)}>${job.name ?? job.job_id ?? job.id}</a> `) },
  { key: "started_at", title: "Started", compact: true, render: (worker) => html`<${Time} time=${worker.started_at} />` },
  { key: "seen_at", title: "Last heartbeat", compact: true, render: (worker) => html`<${Time} time=${worker.seen_at} />` },
];

export function Workers() {
  const { data, error, reload } = usePoll((signal) => get("/v1/workers", {}, { signal }), () => SECONDS);
  if (error) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  if (!data.data.length) return html`<${Card}><${EmptyState} title="No worker is alive"><p>Jobs wait until one starts: <code>./dev serve</code> starts workers, or run <code>backprop-server worker</code>.</p><//><//>`;
  return html`<${Card} title="Workers" flush><${Table} label="Workers" columns=${COLUMNS} rows=${data.data} /><//>`;
}
