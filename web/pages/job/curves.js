// The curves of a job: losses, metrics of the validation rows, learning rate and gradient norm.
import { html, useMemo, useState } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { LineChart } from "../../components/line_chart.js";
import { label } from "../../format.js";

const SHARES = ["val_accuracy", "val_balanced_accuracy", "val_f1", "val_roc_auc", "val_r2", "val_concordance"];
const OTHERS = ["val_mae", "val_log_loss"];
const COLORS = ["series-3", "series-4", "series-5", "series-1", "series-2"];

export function Curves({ job, epochs }) {
  const [log, setLog] = useState(false);
  const x = useMemo(() => epochs.map((epoch) => epoch.epoch), [epochs]);
  const curve = (name) => epochs.map((epoch) => epoch[name] ?? null);
  const known = (names) => names.filter((name) => epochs.some((epoch) => epoch[name] != null));
  const lines = useMemo(() => {
    const line = (name, at = 0) => ({ label: label(name), values: curve(name), color: COLORS[at] });
    return {
      loss: [
        { ...line("train_loss"), color: "series-1" },
        ...known(["val_loss"]).map((name) => ({ ...line(name), color: "series-2" })),
      ],
      shares: known(SHARES).map(line),
      others: known(OTHERS).map(line),
      rate: known(["learning_rate"]).map(line),
      norm: known(["gradient_norm"]).map((name) => line(name, 1)),
    };
  }, [epochs]);
  if (epochs.length === 0) {
    const text = job.finished_at ? "This job trained no epoch." : "The curves appear with the first epoch.";
    return html`<${Card} title="Curves"><p class="quiet">${text}</p><//>`;
  }
  const best = job.best?.epoch;
  const toggle = html`<button type="button" class="toggle small" aria-pressed=${log} onClick=${() => setLog(!log)}>Log scale</button>`;
  const chart = (title, name, props) => lines[name].length > 0 && html`<${Card} title=${title} ...${props}><${LineChart} label=${title} x=${x} series=${lines[name]} log=${log && name === "loss"} mark=${best} /><//>`;
  const caption = best != null && html`<span class="hint">Dashed: best epoch</span>`;
  return html`
    <div class="grid-2">
      ${chart("Loss", "loss", { actions: html`${caption}${toggle}` })}
      ${chart("Validation rows", "shares")}
      ${chart("Errors on validation rows", "others")}
      ${chart("Learning rate", "rate")}
      ${chart("Gradient norm", "norm")}
    </div>
  `;
}
