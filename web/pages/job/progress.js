// How far a job is: progress bar, time left, and the last and best losses.
import { html } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { Facts, Meter } from "../../components/facts.js";
import { between, duration, label, number, percent } from "../../format.js";
import { useNow } from "../../live.js";
import { queueText } from "../jobs.js";

const REASONS = {
  epochs_done: "All epochs are done.",
  early_stopped: "Stopped early: the validation metric did not improve any more.",
  user_stop: "Stopped on request, with the best weights so far.",
  max_runtime: "Stopped at the maximum runtime.",
  budget: "Stopped when the budget was used up.",
  diverged: "The loss was not finite any more.",
};

export function Progress({ job, last }) {
  const { fraction } = job.progress;
  const tone = { succeeded: "good", failed: "bad", canceled: "quiet", paused: "quiet" }[job.state] ?? "";
  return html`
    <${Card}>
      <div class="progress">
        <p><${Status} job=${job} /></p>
        <${Meter} fraction=${job.state === "succeeded" ? 1 : fraction} label="Training progress" tone=${tone} />
        <${Facts} items=${facts(job, last)} />
      </div>
    <//>
  `;
}

// The time left was estimated when the job was read; it counts down until the next reading.
function Status({ job }) {
  const now = useNow(1);
  const { epoch, epochs, fraction, eta_seconds: eta } = job.progress;
  const at = `Epoch ${number(epoch)} of ${number(epochs)}`;
  switch (job.state) {
    case "queued":
      return `Waiting for a worker: ${queueText(job.queue)}.`;
    case "running":
      return `${at} · ${percent(fraction, 0)}${eta == null ? "" : ` · about ${duration(Math.round(eta))} left`} · running for ${duration(Math.round(between(job.started_at, now)))}`;
    case "paused":
      return `${at} · paused: the checkpoint is saved and the worker is free.`;
    default:
      return `${at} · ${REASONS[job.stop_reason] ?? { canceled: "Canceled: there is no model.", failed: "" }[job.state] ?? ""}`;
  }
}

function facts(job, last) {
  const { best, metrics } = job;
  const score = Object.keys(best ?? {}).filter((name) => name.startsWith("val_") && name !== "val_loss" && best[name] != null);
  return [
    ["Training loss", number(last?.train_loss ?? metrics.train_loss)],
    ["Validation loss", number(last?.val_loss ?? metrics.val_loss)],
    best && ["Best epoch", number(best.epoch)],
    best?.val_loss != null && ["Best validation loss", number(best.val_loss)],
    ...score.map((name) => [`${label(name)}, best epoch`, number(best[name])]),
    job.attempt > 1 && ["Attempts", `${job.attempt}`],
    !job.bit_exact && ["Reproducible", "no: machines with different arithmetic took part"],
  ];
}
