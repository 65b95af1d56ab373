// Sizes of gradients, steps, weights and activations of each layer over the epochs, as a heat map.
import { html, useMemo, useState } from "../../vendor/htm/preact.js";
import { Card } from "../../components/card.js";
import { HeatMap } from "../../components/heat_map.js";
import { number, percent } from "../../format.js";

const KINDS = [
  { name: "gradient", title: "Gradients", of: (layer) => layer.gradient, text: "Root mean square of the gradient. Much smaller in early layers: the error hardly reaches them." },
  { name: "update", title: "Updates", of: (layer) => layer.update, text: "Root mean square of one step of the weights." },
  { name: "ratio", title: "Updates ÷ weights", of: (layer) => (layer.weight ? layer.update / layer.weight : null), text: "Size of one step relative to the weights. Usual is about 0.001." },
  { name: "weight", title: "Weights", of: (layer) => layer.weight, text: "Root mean square of the weights." },
  { name: "activation", title: "Activations", of: (layer) => layer.activation, text: "Root mean square of the outputs." },
  { name: "dead", title: "Dead units", of: (layer) => layer.dead, linear: true, text: "Share of units that are zero for every row: they do not learn." },
  { name: "saturated", title: "Saturated units", of: (layer) => layer.saturated, linear: true, text: "Share of outputs in the flat part of the activation function." },
];

export function Layers({ epochs }) {
  const [chosen, choose] = useState("gradient");
  const measured = useMemo(() => epochs.filter((epoch) => epoch.layers?.length), [epochs]);
  const kinds = KINDS.filter((kind) => measured.some((epoch) => epoch.layers.some((layer) => kind.of(layer) != null)));
  const kind = kinds.find((each) => each.name === chosen) ?? kinds[0];
  const last = measured.at(-1);
  const values = useMemo(() => valuesOf(measured, kind), [measured.length, last?.epoch, kind?.name]);
  if (!kind) return null;
  const buttons = kinds.map(
    (each) => html`<button key=${each.name} type="button" class="toggle small" aria-pressed=${each === kind} onClick=${() => choose(each.name)}>${each.title}</button>`,
  );
  return html`
    <${Card} title="Layers" actions=${buttons}>
      <p class="quiet">${kind.text}</p>
      <${HeatMap} label=${`${kind.title} of each layer`} rows=${last.layers.map((layer) => layer.label)} columns=${measured.map((epoch) => epoch.epoch)}
        values=${values} linear=${kind.linear} format=${kind.linear ? percent : number} />
    <//>
  `;
}

// One list per layer with a value per measured epoch.
function valuesOf(measured, kind) {
  if (!kind) return [];
  return measured.at(-1).layers.map((_, at) => measured.map((epoch) => (epoch.layers[at] ? kind.of(epoch.layers[at]) : null)));
}
