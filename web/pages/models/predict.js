// Predict a row typed into a form that is made from the model's input columns; shows why the answer is as it is.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, post } from "../../api.js";
import { number, percent } from "../../format.js";
import { useLoad } from "../../live.js";
import { Card } from "../../components/card.js";
import { CheckboxField, Field, TextArea, TextField } from "../../components/fields.js";
import { Bars, SignedBars } from "../../components/plots.js";
import { ProblemPanel } from "../../components/problem.js";
import { inputColumns, isSequence, rowOf, targetNames } from "./inputs.js";

const LEVEL = 0.9;
const MAX_LISTED = 50; // choices in a list; more become suggestions of a text field

export function Predict({ model }) {
  const path = `/v1/datasets/${model.dataset_id}`;
  const { data: dataset } = useLoad((signal) => get(path, {}, { signal }).catch(() => null));
  const { data: preview } = useLoad((signal) => get(`${path}/preview`, { rows: 20 }, { signal }).catch(() => null));
  const columns = inputColumns(model, dataset);
  const [texts, setTexts] = useState({});
  const [json, setJson] = useState(isSequence(model) ? "[]" : null); // rows as JSON instead of the form
  const [explain, setExplain] = useState(true);
  const [example, setExample] = useState(-1);
  const [state, setState] = useState({});
  const rows = preview?.rows ?? [];
  const fill = () => {
    const at = (example + 1) % rows.length;
    setExample(at);
    if (json != null) return setJson(JSON.stringify(rows, null, 1));
    return setTexts(Object.fromEntries(columns.map(({ name }) => [name, rows[at][name] == null ? "" : String(rows[at][name])])));
  };
  const predict = async (event) => {
    event.preventDefault();
    setState((old) => ({ ...old, busy: true }));
    try {
      const body = { rows: json == null ? [rowOf(columns, texts)] : JSON.parse(json), explain, interval: LEVEL };
      setState(await post(`/v1/models/${model.id}/predictions`, body));
    } catch (problem) {
      setState({ problem: problem.status === undefined ? { title: "The rows are not valid JSON", detail: problem.message } : problem });
    }
  };
  const error = (name) => state.problem?.errors?.find((each) => each.pointer === `/rows/0/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)?.detail;
  const truth = json == null && example >= 0 && targetNames(model).map((name) => rows[example]?.[name]).join(", ");
  return html`
    <div class="with-aside">
      <form onSubmit=${predict}>
        <${Card} title=${json == null ? "Row to predict" : "Rows to predict"} actions=${html`
          ${rows.length > 0 && html`<button type="button" onClick=${fill}>${json == null && example >= 0 ? "Next example" : "Fill in an example"}</button>`}
          <button type="button" onClick=${() => setJson(json == null ? JSON.stringify([rowOf(columns, texts)], null, 1) : null)}>${json == null ? "As JSON" : "As a form"}</button>`}>
          ${json == null
            ? html`<div class="form-grid">${columns.map((column) => html`<${Input} key=${column.name} column=${column} error=${error(column.name)} value=${texts[column.name] ?? ""} onInput=${(text) => setTexts((old) => ({ ...old, [column.name]: text }))} />`)}</div>`
            : html`<${TextArea} label="Rows as JSON" rows="16" spellcheck="false" value=${json} onInput=${setJson} />`}
          <${CheckboxField} label="Explain: what each column contributes" checked=${explain} onChange=${setExplain} />
          <button type="submit" class="primary" disabled=${state.busy}>Predict</button>
          <p class="quiet">Empty fields are missing values. Values are read as in the file that the model learned from.</p>
        <//>
      </form>
      <aside class="outcome" aria-live="polite">
        ${state.problem && html`<${ProblemPanel} problem=${state.problem} />`}
        ${state.predictions?.slice(0, 20).map((prediction, at) => html`<${Card} key=${at} title="Prediction"><${Answer} prediction=${prediction} />
          ${truth && html`<p class="quiet">In the data set: ${truth}</p>`}<//>`)}
        ${!state.problem && !state.predictions && html`<${Card}><p class="quiet">Fill in the form, or take an example of the data set.</p><//>`}
      </aside>
    </div>
  `;
}

function Input({ column, error, value, onInput }) {
  const { name, type, choices, low, high } = column;
  const common = { label: name, error };
  if (choices?.length && choices.length <= MAX_LISTED && (value === "" || choices.includes(value)))
    return html`<${Field} ...${common}>${(own) => html`<select ...${own} value=${value} onChange=${(event) => onInput(event.target.value)}>
      <option value="">(missing)</option>${choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === value}>${choice}</option>`)}
    </select>`}<//>`;
  const isNumber = type === "number";
  const hint = isNumber && low != null ? `${number(low)} to ${number(high)}` : type === "datetime" ? (low ?? "a date") : "";
  return html`<${TextField} ...${common} value=${value} placeholder=${hint} inputmode=${isNumber ? "decimal" : null} onInput=${onInput} />`;
}

function Answer({ prediction }) {
  if (prediction.targets) return Object.entries(prediction.targets).map(([name, part]) => html`<h3 key=${name}>${name}</h3><${Answer} prediction=${part} />`);
  const { label, probabilities, value, interval, set, contributions, baseline, quantiles } = prediction;
  const chances = Object.entries(probabilities ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 10);
  return html`
    <p class="big-number">${label ?? number(value)}</p>
    ${interval && html`<p class="quiet">between ${number(interval.low)} and ${number(interval.high)}, in ${percent(LEVEL, 0)} of cases</p>`}
    ${quantiles && html`<${Bars} items=${Object.entries(quantiles).map(([at, each]) => ({ label: at, value: each }))} />`}
    ${chances.length > 0 && html`<${Bars} max=${1} items=${chances.map(([name, chance]) => ({ label: name, value: chance, note: percent(chance), emphasis: name === label }))} />`}
    ${set && html`<p class="quiet">True in ${percent(LEVEL, 0)} of cases: ${set.join(" or ")}</p>`}
    ${contributions && html`<${Why} contributions=${contributions} baseline=${baseline} isClass=${label != null} />`}
  `;
}

function Why({ contributions, baseline, isClass }) {
  const format = (value) => (isClass ? percent(value) : number(value));
  const items = Object.entries(contributions).map(([name, value]) => ({ label: name, value }));
  items.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return html`
    <h3>Why</h3>
    <p class="quiet">An average row gets ${format(baseline)}. Each column moves ${isClass ? "the probability of the answer" : "it"} by:</p>
    <${SignedBars} items=${items.slice(0, 15)} format=${format} />
  `;
}
