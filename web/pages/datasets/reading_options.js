// The form for how a file is read: name, delimiter, header, encoding, decimal separator, missing values, types, dates.
import { html } from "../../vendor/htm/preact.js";
import { SelectField, TextField } from "../../components/fields.js";

const DETECT = { value: "", label: "Detect" };
const DELIMITERS = [DETECT, { value: ",", label: "Comma" }, { value: ";", label: "Semicolon" }, { value: "tab", label: "Tab" }, { value: "|", label: "Pipe" }];
const HEADERS = [DETECT, { value: "true", label: "First row names the columns" }, { value: "false", label: "No header" }];
const ENCODINGS = [DETECT, "utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16", "shift_jis", "gb18030"];
const DECIMALS = [DETECT, { value: ".", label: "Point: 1.5" }, { value: ",", label: "Comma: 1,5" }];

// options: the query parameters of the upload; those that are not given are detected.
export function ReadingOptions({ options, onChange }) {
  const set = (name) => (value) => {
    const { [name]: _, ...rest } = options;
    onChange(value === "" ? rest : { ...rest, [name]: value });
  };
  const text = (name, label, hint) =>
    html`<${TextField} label=${label} value=${options[name] ?? ""} hint=${hint} onInput=${set(name)} />`;
  const select = (name, label, choices) => {
    const known = choices.some((choice) => (choice.value ?? choice) === (options[name] ?? ""));
    const all = known ? choices : [...choices, options[name]];
    return html`<${SelectField} label=${label} value=${options[name] ?? ""} options=${all} onChange=${set(name)} />`;
  };
  return html`
    <div class="form-grid">
      ${text("name", "Name", "Default: the name of the file")}
      ${select("delimiter", "Delimiter", DELIMITERS)} ${select("header", "Header", HEADERS)}
      ${select("encoding", "Encoding", ENCODINGS)} ${select("decimal", "Decimal separator", DECIMALS)}
      ${text("missing", "Missing values", "Such as -999,n.d. beside the usual ones")}
      ${text("types", "Column types", "Such as zip:category,age:number")}
      ${text("date_format", "Date formats", "Such as hired:%d/%m/%y")}
    </div>
  `;
}
