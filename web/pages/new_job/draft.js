// The body of a new job while it is edited: values by JSON pointer, suggestions, and the errors that belong to a field.

const keys = (pointer) => pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

// The value at a JSON pointer, or undefined.
export const valueAt = (body, pointer) => keys(pointer).reduce((value, key) => value?.[key], body);

// A copy of the body with another value at a JSON pointer; undefined removes it, and objects that become empty.
export function withValue(body, pointer, value) {
  return withValueAt(body, keys(pointer), value) ?? {};
}

function withValueAt(body, [key, ...rest], value) {
  const copy = Array.isArray(body) ? [...body] : { ...body };
  const inner = rest.length ? withValueAt(copy[key], rest, value) : value;
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return Object.keys(copy).length || Array.isArray(copy) ? copy : undefined;
}

// The errors at a JSON pointer; with `deep`, also those below it.
export function errorsAt(problem, pointer, deep = false) {
  const belongs = (at) => at === pointer || (deep && at?.startsWith(`${pointer}/`));
  return (problem?.errors ?? []).filter((error) => belongs(error.pointer));
}

const TARGET_NAMES = /^(target|label|class|outcome|result|y|churn\w*|default|survived|price|sales?|income|revenue|amount|quality)$/i;

// The column that is most likely the one to predict: one with a telling name, otherwise the last that fits.
export function suggestedTarget(dataset) {
  const fits = dataset.columns.filter((column) => column.type !== "text" && column.type !== "datetime" && column.distinct > 1);
  return (fits.find((column) => TARGET_NAMES.test(column.name)) ?? fits.at(-1) ?? dataset.columns.at(-1)).name;
}

const ENCODINGS = {
  number: ["standardize", "robust", "quantile", "numeric_embedding", "none", "one_hot", "embedding", "cyclic"],
  category: ["one_hot", "embedding", "ordinal", "hashed_text"],
  boolean: ["one_hot", "embedding", "ordinal"],
  datetime: ["datetime", "cyclic"],
  text: ["hashed_text", "one_hot", "embedding"],
};
export const encodingsOf = (type) => ENCODINGS[type] ?? [];

// Include or exclude a column, starting from the columns that the service chose.
export function withFeature(features, resolved, column, included) {
  const list = features ?? resolved.map((feature) => ({ column: feature.column }));
  const others = list.filter((feature) => feature.column !== column);
  return included ? [...others, { column }] : others;
}

// Choose the encoding of a column; "" leaves it to the service.
export function withEncoding(features, resolved, column, encoding) {
  const list = features ?? resolved.map((feature) => ({ column: feature.column }));
  return list.map((feature) => {
    if (feature.column !== column) return feature;
    const { encoding: _, ...rest } = feature;
    return encoding ? { ...rest, encoding } : rest;
  });
}

// A short description of layers, such as "64 silu → dropout 0.2 → 32 relu".
export const layersInWords = (layers) => layers.map(layerInWords).join(" → ");

function layerInWords(layer) {
  if (layer.type === "dense") return `${layer.units}${layer.activation && layer.activation !== "linear" ? ` ${layer.activation}` : ""}`;
  if (layer.type === "dropout") return `dropout ${layer.rate}`;
  if (layer.type === "activation") return layer.function;
  return layer.type.replaceAll("_", " ");
}

// The body being edited, with what the service answered about it. Fields read and write it by JSON pointer.
export class Form {
  #shown = new Set();

  constructor({ body, setBody, problem, resolved, dataset }) {
    Object.assign(this, { body, setBody, problem, resolved, dataset });
  }

  value = (pointer) => valueAt(this.body, pointer);

  // What the service decides if the body says nothing.
  decided = (pointer) => valueAt(this.resolved, pointer);

  set = (pointer, value) => this.setBody((body) => withValue(body, pointer, value));

  // The errors of a field as text; they are not listed again elsewhere.
  error = (pointer, deep) => {
    const errors = errorsAt(this.problem, pointer, deep);
    for (const error of errors) this.#shown.add(error.pointer);
    return errors.map((error) => (error.pointer === pointer ? error.detail : `${error.pointer}: ${error.detail}`)).join(" ") || null;
  };

  get shown() {
    return [...this.#shown];
  }
}
