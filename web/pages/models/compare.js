// Compare the model with another one on the rows of a data set: the verdict in words, its interval, and where they differ.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, post } from "../../api.js";
import { label, number, percent } from "../../format.js";
import { useLoad } from "../../live.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { EmptyState } from "../../components/empty.js";
import { SelectField } from "../../components/fields.js";
import { Loading } from "../../components/loading.js";
import { ProblemPanel } from "../../components/problem.js";
import { Table } from "../../components/table.js";
import { columnNames, hasColumns, targetNames } from "./inputs.js";

const VERDICTS = { better: "good", worse: "bad", same: "quiet", not_enough_rows: "warn" };

export function Compare({ model }) {
  const { data, error } = useLoad(async (signal) => {
    const [models, datasets] = await Promise.all(["/v1/models", "/v1/datasets"].map((path) => get(path, { limit: 100 }, { signal })));
    const names = targetNames(model).join();
    const readable = (one) => datasets.data.filter((each) => hasColumns(each, columnNames(one)));
    const own = readable(model);
    const pairs = models.data
      .filter((other) => other.id !== model.id && targetNames(other).join() === names)
      .map((other) => ({ other, datasets: readable(other).filter((each) => own.includes(each)) }));
    return pairs.filter((pair) => pair.datasets.length);
  });
  const [chosen, setChosen] = useState({});
  const [state, setState] = useState({});
  if (error) return html`<${ProblemPanel} problem=${error} />`;
  if (!data) return html`<${Loading} />`;
  if (!data.length)
    return html`<${Card}><${EmptyState} title="Nothing to compare with">
      <p>A comparison needs another model that predicts ${targetNames(model).join(", ")}, and a data set with this column and those that both models read, best one that no model has seen.</p>
      <a class="button" href="#/new?dataset=${model.dataset_id}">Train another model</a>
    <//><//>`;
  const { other, datasets } = data.find((pair) => pair.other.id === chosen.other) ?? data[0];
  const dataset = (datasets.find((each) => each.id === chosen.dataset) ?? datasets[0]).id;
  const compare = async () => {
    setState({ busy: true });
    try {
      setState({ names: [other.name, model.name], result: await post("/v1/comparisons", { dataset_id: dataset, model_ids: [other.id, model.id] }) });
    } catch (problem) {
      setState({ problem });
    }
  };
  const named = (list) => list.map((each) => ({ value: each.id, label: `${each.name} (${each.id.slice(-6)})` }));
  return html`
    <${Card} title="Compare">
      <div class="form-grid">
        <${SelectField} label="Model in use" value=${other.id} options=${named(data.map((pair) => pair.other))} onChange=${(id) => setChosen({ ...chosen, other: id })} />
        <${SelectField} label="Rows of" value=${dataset} options=${named(datasets)} onChange=${(id) => setChosen({ ...chosen, dataset: id })} />
      </div>
      <p class="quiet">The verdict is about ${model.name}, the challenger of the model in use.</p>
      <button type="button" class="primary" disabled=${state.busy} onClick=${compare}>${state.busy ? "Comparing …" : "Compare"}</button>
    <//>
    ${state.problem && html`<${ProblemPanel} problem=${state.problem} />`}
    ${state.result && html`<${Result} result=${state.result} names=${state.names} />`}
  `;
}

function Result({ result, names }) {
  const { difference: d, models, verdict, warnings } = result;
  const titles = [`In use: ${names[0]}`, `Challenger: ${names[1]}`];
  const scores = Object.keys(models[0].scores).filter((name) => typeof models[0].scores[name] === "number");
  const columns = [{ key: "name", title: "Score", render: ({ name }) => label(name) }, ...models.map((model, at) => ({ key: at, title: titles[at], align: "right", render: ({ name }) => number(model.scores[name]) }))];
  const rows = [
    { key: "row", title: "Row", align: "right", render: (each) => number(each.row + 1) },
    { key: "truth", title: "Truth", render: (each) => Object.values(each.truth).join(", ") },
    ...models.map((_, at) => ({ key: at, title: titles[at], render: (each) => answer(each.predictions[at]) })),
    { key: "losses", title: "Losses", align: "right", render: (each) => each.losses.map((loss) => number(loss)).join(" / ") },
  ];
  return html`
    <${Card} title="Verdict">
      <p><${Badge} tone=${VERDICTS[verdict]}>${verdict.replaceAll("_", " ")}<//> <strong>${result.summary}</strong></p>
      <p>The loss (${result.metric.replaceAll("_", " ")}) of the challenger is lower by ${number(d.mean)}${d.low != null ? `, between ${number(d.low)} and ${number(d.high)} with ${percent(d.level, 0)} confidence` : ""}. p = ${number(d.p_value, 2)}, on ${number(result.rows)} of ${number(result.total_rows)} rows.</p>
      ${warnings.map((warning, at) => html`<p key=${at} class="note">${warning.detail} <span class="fix">${warning.fix}</span></p>`)}
    <//>
    <${Card} title="Scores" flush><${Table} label="Scores" columns=${columns} rows=${scores.map((name) => ({ name }))} rowKey="name" /><//>
    <${Card} title="Rows that differ most" flush><${Table} label="Rows that differ most" columns=${rows} rows=${result.largest_differences} rowKey="row" /><//>
  `;
}

function answer(prediction) {
  if (prediction.targets) return Object.values(prediction.targets).map(answer).join(", ");
  return prediction.label == null ? number(prediction.value) : `${prediction.label} (${percent(prediction.probabilities?.[prediction.label], 0)})`;
}
