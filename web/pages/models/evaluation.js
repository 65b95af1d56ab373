// How good a model is on rows that it did not learn from, beside the naive baseline: scores, curves, matrices.
import { html, useState } from "../../vendor/htm/preact.js";
import { get } from "../../api.js";
import { label, number, percent } from "../../format.js";
import { useLoad } from "../../live.js";
import { Card } from "../../components/card.js";
import { Loading } from "../../components/loading.js";
import { Bars, ConfusionMatrix, CurvePlot } from "../../components/plots.js";
import { ProblemPanel } from "../../components/problem.js";
import { Table } from "../../components/table.js";

const SCORES = ["accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc", "r2", "mae", "rmse", "median_absolute_error", "mape", "all_right", "poisson_deviance",
  "gamma_deviance", "tweedie_deviance"];
const NAMES = { r2: "R²", mae: "Mean absolute error", rmse: "RMSE", mape: "MAPE", roc_auc: "ROC AUC", brier: "Brier score" };
const SHARES = ["accuracy", "balanced_accuracy", "mape", "all_right"];
const share = (text) => ({ label: text, min: 0, max: 1 });

export function Scores({ evaluation }) {
  const rows = SCORES.filter((name) => evaluation[name] != null).map((name) => ({ name }));
  const value = (scores, name) => (SHARES.includes(name) ? percent(scores?.[name]) : number(scores?.[name]));
  const columns = [
    { key: "name", title: "Score", render: ({ name }) => NAMES[name] ?? label(name) },
    { key: "model", title: "Model", align: "right", render: ({ name }) => html`<strong>${value(evaluation, name)}</strong>` },
    { key: "baseline", title: "Baseline", align: "right", render: ({ name }) => html`<span class="quiet">${value(evaluation.baseline, name)}</span>` },
  ];
  return html`
    <${Table} label="Scores" columns=${columns} rows=${rows} rowKey="name" />
    <p class="quiet">On ${number(evaluation.rows)} rows that the network did not learn from. The baseline answers without looking at the row: the frequencies of the classes, or the mean.</p>
  `;
}

export function Importance({ importance }) {
  const [all, setAll] = useState(false);
  const sorted = [...importance.columns].sort((a, b) => b.importance - a.importance);
  const items = sorted.slice(0, all ? 500 : 15).map((each) => ({ label: each.column, value: Math.max(each.importance, 0), spread: each.stddev, note: number(each.importance, 3) }));
  return html`
    <${Card} title="Importance of columns">
      <${Bars} items=${items} />
      <p class="quiet">${importance.metric === "r2" ? "Fall of R²" : "Increase of the log loss"} when the values of the column are shuffled; the line is its spread over ${importance.repeats} shuffles of ${number(importance.rows)} rows.</p>
      ${sorted.length > 15 && html`<button type="button" onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show all ${sorted.length}`}</button>`}
    <//>
  `;
}

export function Evaluation({ model }) {
  const { data: evaluation, error, reload } = useLoad((signal) => get(`/v1/models/${model.id}/evaluation`, {}, { signal }));
  if (error) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!evaluation) return html`<${Loading} />`;
  if (evaluation.reason) return html`<${Card} title="Not evaluated"><p>${evaluation.reason} <span class="quiet">${evaluation.fix}</span></p><//>`;
  const parts = evaluation.targets ? Object.entries(evaluation.targets) : [["", evaluation]];
  return html`
    ${parts.map(([name, part]) => html`${name && html`<h2>${name}</h2>`}<${Plots} key=${name} evaluation=${{ rows: evaluation.rows, ...part }} />`)}
    ${evaluation.importance && html`<${Importance} importance=${evaluation.importance} />`}
  `;
}

function Plots({ evaluation }) {
  const { confusion_matrix: confusion, per_class: classes, intervals, sets } = evaluation;
  return html`
    <div class="grid-2">
      <${Card} title="Scores"><${Scores} evaluation=${evaluation} /><//>
      ${confusion && html`<${Card} title="Confusion matrix"><${ConfusionMatrix} ...${confusion} />${confusion.omitted_classes > 0 && html`<p class="quiet">${confusion.omitted_classes} classes with fewer errors are left out.</p>`}<//>`}
      <${Curves} evaluation=${evaluation} />
      <${Numbers} evaluation=${evaluation} />
      ${classes && html`<${Card} title="Classes" flush><${Table} label="Classes" columns=${CLASS_COLUMNS} rows=${classes} rowKey="label" /><//>`}
      ${(intervals ?? sets) && html`<${Card} title=${intervals ? "Intervals" : "Sets of labels"} flush><${Table} label="Coverage" columns=${coverage(intervals)} rows=${intervals ?? sets} rowKey="level" /><//>`}
    </div>
  `;
}

const CLASS_COLUMNS = [
  { key: "label", title: "Class" },
  { key: "rows", title: "Rows", align: "right", render: (row) => number(row.rows) },
  ...["precision", "recall", "f1"].map((key) => ({ key, title: label(key), align: "right", render: (row) => percent(row[key]) })),
];

const coverage = (intervals) => [
  { key: "level", title: "Promised", render: (row) => percent(row.level, 0) },
  { key: "coverage", title: "Contain the truth", align: "right", render: (row) => percent(row.coverage) },
  { key: "size", title: intervals ? "Mean width" : "Mean labels", align: "right", render: (row) => number(row.mean_width ?? row.mean_size) },
];

function Curves({ evaluation }) {
  const { roc, precision_recall: precision, lift, calibration } = evaluation;
  const lines = (curves, x, y) => curves.map((curve) => ({ label: curve.label, x: curve[x], y: curve[y], notes: curve.threshold?.map((at) => at != null && `threshold ${number(at)}`) }));
  return html`
    ${roc?.length > 0 && html`<${Card}><${CurvePlot} title="ROC" lines=${lines(roc, "false_positive_rate", "true_positive_rate")} x=${share("False positive rate")} y=${share("True positive rate")} diagonal /><//>`}
    ${precision?.length > 0 && html`<${Card}><${CurvePlot} title="Precision and recall" lines=${lines(precision, "recall", "precision")} x=${share("Recall")} y=${share("Precision")} /><//>`}
    ${calibration && html`<${Card}><${CurvePlot} title="Calibration" lines=${[calibrated(calibration)]} x=${share("Predicted probability")} y=${share("How often it was true")} diagonal /><//>`}
    ${lift?.length > 0 && html`<${Card}><${CurvePlot} title="Lift: share of a class found" lines=${lines(lift, "fraction", "gain")} x=${share("Share of rows, most probable first")} y=${share("Share found")} diagonal /><//>`}
  `;
}

function calibrated({ bins }) {
  const filled = bins.filter((bin) => bin.rows);
  return { label: "Calibration", x: filled.map((bin) => bin.mean_probability), y: filled.map((bin) => bin.frequency), notes: filled.map((bin) => `${number(bin.rows)} rows`) };
}

function Numbers({ evaluation }) {
  const { residual_quantiles: residuals, predicted_against_true: points } = evaluation;
  const range = points && [...points.true, ...points.predicted];
  const axis = (text) => ({ label: text, min: Math.min(...range), max: Math.max(...range) });
  return html`
    ${points && html`<${Card}><${CurvePlot} title="Predicted against actual" lines=${[{ label: "Rows", x: points.true, y: points.predicted }]} x=${axis("Actual")} y=${axis("Predicted")} points diagonal /><//>`}
    ${residuals && html`<${Card} title="Errors (actual minus predicted)" flush>
      <${Table} label="Quantiles of errors" rowKey="share" rows=${Object.entries(residuals).map(([at, value]) => ({ share: at, value }))}
        columns=${[{ key: "share", title: "Share of rows below", render: (row) => percent(Number(row.share), 0) }, { key: "value", title: "Error", align: "right", render: (row) => number(row.value) }]} />
    <//>`}
  `;
}
