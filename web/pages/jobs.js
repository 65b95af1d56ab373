// The list of jobs: filters by state and metadata, live states, pages.
import { html, useState } from "../vendor/htm/preact.js";
import { BASE, get } from "../api.js";
import { StateBadge } from "../components/badge.js";
import { Card } from "../components/card.js";
import { CodeBlock } from "../components/code.js";
import { EmptyState } from "../components/empty.js";
import { Meter } from "../components/facts.js";
import { Loading } from "../components/loading.js";
import { PageHeader } from "../components/page_header.js";
import { PageLink } from "../components/page_link.js";
import { ProblemPanel } from "../components/problem.js";
import { Table } from "../components/table.js";
import { ago, between, duration, number, shortId } from "../format.js";
import { useNow, usePoll } from "../live.js";
import { go, link } from "../router.js";

const STATES = ["queued", "running", "paused", "succeeded", "failed", "canceled"];
const LIMIT = 50;
const [LIVELY, IDLE] = [2.5, 15]; // seconds between requests, with and without jobs that may change
const LIVE = ["queued", "running"];

export default function Jobs({ query }) {
  const { cursors = "", ...filters } = query;
  const pages = cursors ? cursors.split(" ") : [];
  const cursor = pages[pages.length - 1];
  const load = (signal) => get("/v1/jobs", { ...filters, limit: LIMIT, cursor }, { signal });
  const pause = (page) => (page?.data.some((job) => LIVE.includes(job.state) || job.requested) ? LIVELY : IDLE);
  const { data, error, reload } = usePoll(load, pause, [JSON.stringify(query)]);
  const now = useNow(5);
  const turn = (list) => go("/jobs", { ...filters, cursors: list.join(" ") });
  const isFiltered = Object.keys(filters).length > 0;
  return html`
    <${PageHeader} title="Jobs" actions=${html`<${PageLink} path="/new" class="button primary">New job<//>`} />
    <${Filters} filters=${filters} />
    ${error && html`<${ProblemPanel} problem=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${Loading} />`}
    ${data &&
    html`
      <${Card} flush>
        ${data.data.length === 0
          ? html`<${Nothing} isFiltered=${isFiltered} />`
          : html`<${Table} label="Jobs" columns=${columns(now)} rows=${data.data} onRow=${(job) => go(`/jobs/${job.id}`)} />`}
        ${(pages.length > 0 || data.next_cursor) &&
        html`
          <div class="pager">
            <span class="quiet">Page ${pages.length + 1}</span>
            <button type="button" disabled=${pages.length === 0} onClick=${() => turn(pages.slice(0, -1))}>Newer</button>
            <button type="button" disabled=${!data.next_cursor} onClick=${() => turn([...pages, data.next_cursor])}>Older</button>
          </div>
        `}
      <//>
    `}
  `;
}

const columns = (now) => [
  { key: "name", title: "Name", render: (job) => html`<a href=${link(`/jobs/${job.id}`)}>${job.name || shortId(job.id)}</a><${Below} job=${job} />` },
  { key: "state", title: "State", render: (job) => html`<${StateBadge} state=${job.state} requested=${job.requested} />` },
  { key: "progress", title: "Progress", compact: true, render: (job) => html`<${Progress} job=${job} />` },
  { key: "train_loss", title: "Training loss", align: "right", compact: true, render: (job) => number(job.metrics.train_loss) },
  { key: "val_loss", title: "Validation loss", align: "right", render: (job) => number((job.best ?? job.metrics).val_loss) },
  { key: "took", title: "Duration", align: "right", compact: true, render: (job) => duration(between(job.started_at, job.finished_at ?? now)) },
  { key: "created_at", title: "Created", align: "right", compact: true, render: (job) => html`<time datetime=${job.created_at} title=${job.created_at}>${ago(job.created_at, now)}</time>` },
];

function Below({ job }) {
  const pairs = Object.entries(job.metadata).map(([name, value]) => `${name}: ${value}`);
  const target = [job.spec.target ?? job.spec.targets].flat().filter((each) => typeof each === "string").join(", ");
  return html`<span class="sub">${[target && `predicts ${target}`, ...pairs].filter(Boolean).join(" · ")}</span>`;
}

function Progress({ job }) {
  const { epoch, epochs, fraction, eta_seconds: eta } = job.progress;
  if (job.state === "queued") return html`<span class="quiet">${queueText(job.queue)}</span>`;
  const left = job.state === "running" && eta != null ? `, ${duration(eta)} left` : "";
  return html`
    <${Meter} fraction=${fraction} label="Progress" tone=${job.state === "running" ? "" : job.state === "succeeded" ? "good" : "quiet"} />
    <span class="sub">${number(epoch)} of ${number(epochs)} epochs${left}</span>
  `;
}

export function queueText(queue) {
  if (!queue) return "waiting";
  const start = queue.starts_in_seconds == null ? "" : `, starts in about ${duration(queue.starts_in_seconds)}`;
  return queue.jobs_ahead === 0 ? `next in the queue${start}` : `${number(queue.jobs_ahead)} ahead${start}`;
}

function Filters({ filters }) {
  const chosen = Object.entries(filters).filter(([name]) => name.startsWith("metadata."));
  const [text, setText] = useState(chosen.map(([name, value]) => `${name.slice(9)}=${value}`).join(" "));
  const apply = (event) => {
    event.preventDefault();
    const pairs = text.split(/\s+/).filter((pair) => pair.includes("=")).map((pair) => pair.split(/=(.*)/s));
    go("/jobs", { state: filters.state, ...Object.fromEntries(pairs.map(([name, value]) => [`metadata.${name}`, value])) });
  };
  const select = (state) => go("/jobs", { ...filters, state });
  return html`
    <form class="filters" onSubmit=${apply}>
      <div class="row" role="group" aria-label="State">
        ${[undefined, ...STATES].map(
          (state) => html`
            <button key=${state} type="button" class="toggle" aria-pressed=${filters.state === state} onClick=${() => select(state)}>${state ?? "all"}</button>
          `,
        )}
      </div>
      <input type="search" aria-label="Metadata" placeholder="Metadata, such as team=risk" value=${text} onInput=${(event) => setText(event.target.value)} />
    </form>
  `;
}

function Nothing({ isFiltered }) {
  if (isFiltered) {
    return html`<${EmptyState} title="No job matches these filters"><a class="button" href="#/jobs">Show all jobs</a><//>`;
  }
  const url = (path) => new URL(path, BASE).href;
  const commands = [
    `curl -s '${url("v1/datasets?name=example")}' -H 'Content-Type: text/csv' --data-binary @example.csv`,
    `curl -s ${url("v1/jobs")} -H 'Content-Type: application/json' \\\n  -d '{"dataset_id": "ds_…", "target": "COLUMN"}'`,
  ];
  return html`
    <${EmptyState} title="No jobs yet">
      <p>Drop a table on the page for new jobs, and choose the column to predict. Or use the API: the second command needs the id that the first one prints.</p>
      <${PageLink} path="/new" class="button primary">New job from a file<//>
      <${CodeBlock} label="Commands" text=${commands.join("\n\n")} />
    <//>
  `;
}
