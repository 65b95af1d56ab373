// What a model predicts and which columns it needs, read from its preprocessing.

// The names of the predicted columns.
export function targetNames(model) {
  const target = model.preprocessing?.target;
  return (target?.targets ?? [target ?? {}]).map((each) => each.column ?? "?");
}

// The input columns as [{name, type, choices, example}]; `dataset` adds frequent values, and may be null.
export function inputColumns(model, dataset) {
  const encoders = model.preprocessing?.features?.columns ?? [];
  const names = [...new Set(encoders.map((encoder) => encoder.name))];
  return names.map((name) => {
    const encoder = encoders.find((each) => each.name === name);
    const column = dataset?.columns.find((each) => each.name === name);
    const top = column?.top?.map((each) => String(each.value));
    const choices = top && top.length < column.distinct ? [...new Set([...top, ...(encoder.categories ?? [])])] : top ?? encoder.categories;
    return { name, type: encoder.type, choices, low: column?.min, high: column?.max, mean: column?.mean };
  });
}

// The names of all columns that an evaluation of the model reads.
export const columnNames = (model) => [...targetNames(model), ...inputColumns(model, null).map((column) => column.name)];

// Whether a data set has columns with these names.
export const hasColumns = (dataset, names) => names.every((name) => dataset.columns.some((column) => column.name === name));

// Whether rows are read as windows of a time series, so that one row is not enough for a prediction.
export const isSequence = (model) => Boolean(model.preprocessing?.sequence);

// A row to send from the texts of the form: empty fields are missing values, plain numbers become numbers.
export function rowOf(columns, texts) {
  const given = columns.filter(({ name }) => (texts[name] ?? "") !== "");
  return Object.fromEntries(given.map(({ name, type }) => [name, valueOf(type, texts[name])]));
}

function valueOf(type, text) {
  if (type === "number" && /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}
