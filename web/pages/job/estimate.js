// What was expected before the training, beside what it took.
import { html } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { Table } from "../../components/table.js";
import { between, bytes, duration, number, short } from "../../format.js";
import { useNow } from "../../live.js";

export function Estimate({ job }) {
  const now = useNow(5);
  const { estimate, actual } = job;
  const spent = actual?.seconds ?? secondsRunning(job, now);
  const rows = [
    { name: "Parameters", expected: number(estimate.parameters) },
    { name: "Operations", expected: `${short(estimate.flops)} FLOPs`, actual: actual?.flops && `${short(actual.flops)} FLOPs` },
    { name: "Memory", expected: bytes(estimate.memory_bytes), actual: actual?.memory_bytes && bytes(actual.memory_bytes) },
    { name: "Training time", expected: range(estimate.seconds), actual: spent > 0 ? duration(spent) : null },
    { name: "CPU time", actual: actual?.cpu_seconds != null ? duration(actual.cpu_seconds) : null },
    { name: "Cost", expected: money(estimate.cost), actual: money(actual?.cost) },
  ];
  const columns = [
    { key: "name", title: "" },
    { key: "expected", title: "Estimate", align: "right", render: (row) => html`<span class="wrapping">${row.expected ?? "–"}</span>` },
    { key: "actual", title: job.finished_at ? "Actual" : "So far", align: "right", render: (row) => row.actual ?? "–" },
  ];
  const known = rows.filter((row) => row.expected != null || row.actual != null);
  return html`<${Card} title="Estimate and actual" flush><${Table} label="Estimate and actual" columns=${columns} rows=${known} rowKey="name" /><//>`;
}

function range(seconds) {
  if (seconds == null) return "unknown: no comparable job yet";
  if (seconds.low === seconds.high) return duration(seconds.seconds);
  return `${duration(seconds.seconds)} (${duration(seconds.low)} to ${duration(seconds.high)})`;
}

const money = (cost) => (cost?.amount == null ? null : `${number(cost.amount)} ${cost.currency}`);

// The time in the state `running`, over all attempts.
function secondsRunning({ transitions }, now) {
  const parts = transitions.map((step, at) => (step.state === "running" ? between(step.at, transitions[at + 1]?.at ?? now) : 0));
  return parts.reduce((sum, part) => sum + part, 0);
}
