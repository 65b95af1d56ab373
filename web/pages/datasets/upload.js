// Upload a file: drop zone, reading options, progress, and the problems of a rejected file with fixes to apply.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { bytes } from "../../format.js";
import { EXTENSIONS, cancelUpload, clearUpload, startUpload, useUpload } from "../../uploads.js";
import { Meter } from "../../components/facts.js";
import { ProblemPanel } from "../../components/problem.js";
import { Table } from "../../components/table.js";
import { ReadingOptions } from "./reading_options.js";
import { optionsOf, withOption } from "./fixes.js";
import { worded } from "../../components/wording.js";

// onDone(dataset) is called when a file was accepted while this panel is shown.
export function UploadPanel({ onDone }) {
  const upload = useUpload();
  const [options, setOptions] = useState(upload?.options ?? {});
  const send = (file, chosen = options) => {
    setOptions(chosen);
    startUpload(file, chosen);
  };
  useEffect(() => {
    if (upload?.phase !== "done") return;
    clearUpload();
    onDone(upload.dataset);
  }, [upload?.phase]);
  const sending = upload?.phase === "sending" || upload?.phase === "reading";
  return html`
    <div class="upload">
      ${sending ? html`<${Sending} upload=${upload} />` : html`<${DropZone} onFile=${(file) => send(file)} />`}
      ${upload?.phase === "failed" &&
      html`<${Rejected} upload=${upload} onSend=${(chosen) => send(upload.file, chosen)} options=${options} />`}
      ${!sending &&
      html`<details open=${upload?.phase === "failed"}>
        <summary>Reading options${Object.keys(options).length ? ` (${Object.keys(options).length} set)` : ""}</summary>
        <${ReadingOptions} options=${options} onChange=${setOptions} />
      </details>`}
    </div>
  `;
}

// A place to drop one file, and a button that opens the file dialog.
export function DropZone({ onFile, children }) {
  const [over, setOver] = useState(false);
  const take = (files) => files.length && onFile(files[0]);
  const dragged = (event) => {
    event.preventDefault();
    setOver(event.type === "dragover");
    if (event.type === "drop") take(event.dataTransfer.files);
  };
  const chosen = (event) => {
    take(event.target.files);
    event.target.value = "";
  };
  return html`
    <label class=${`drop ${over ? "over" : ""}`} onDragOver=${dragged} onDragLeave=${dragged} onDrop=${dragged}>
      <input type="file" class="hidden" accept=${EXTENSIONS} aria-label="Choose a file" onChange=${chosen} />
      ${children ??
      html`<strong>Drop a file here, or choose one</strong>
        <span class="quiet">CSV, Parquet, NDJSON or NPZ, also with .gz. Encoding, delimiter, types and dates are detected.</span>`}
    </label>
  `;
}

function Sending({ upload }) {
  const { file, sent, phase, waiting } = upload;
  const text = phase === "reading" ? "Reading the file" : `${bytes(sent)} of ${bytes(file.size)}`;
  return html`
    <div class="sending" role="status">
      <div class="row"><strong>${file.name}</strong><span class="quiet">${waiting ? "Connection lost; trying again" : text}</span></div>
      <${Meter} fraction=${phase === "reading" ? 1 : sent / (file.size || 1)} label="Upload" tone=${phase === "reading" ? "busy" : ""} />
      <button type="button" onClick=${cancelUpload}>Cancel</button>
    </div>
  `;
}

function Rejected({ upload, options, onSend }) {
  const { file, problem } = upload;
  const isFile = problem.code === "invalid_dataset";
  return html`
    <div class="rejected">
      ${isFile
        ? html`<div class="problem" role="alert">
              <p class="problem-title">${file.name} was not accepted</p>
              <p>${count(problem.errors.length)} Nothing of the file was kept. Correct it, or send it again with other reading options.</p>
            </div>
            <${Problems} errors=${problem.errors} onApply=${(option) => onSend(withOption(options, option))} />`
        : html`<${ProblemPanel} problem=${problem} />`}
      <button type="button" class="primary" onClick=${() => onSend(options)}>Send ${file.name} again</button>
    </div>
  `;
}

function count(errors) {
  if (errors === 1) return "The file has 1 problem.";
  return errors < 100 ? `The file has ${errors} problems.` : "The file has 100 problems or more; these are the first.";
}

function Problems({ errors, onApply }) {
  const columns = [
    { key: "line", title: "Line", align: "right", render: (error) => error.line ?? "" },
    { key: "column", title: "Column", render: (error) => error.column ?? "" },
    { key: "value", title: "Value", render: (error) => error.value != null && html`<code>${error.value}</code>` },
    { key: "detail", title: "Problem", render: (error) => html`<span class="wrapping">${error.detail}</span>` },
    { key: "fix", title: "Fix", render: (error) => html`<${Fix} fix=${error.fix} onApply=${onApply} />` },
  ];
  return html`<${Table} stacked label="Problems of the file" columns=${columns} rows=${errors} />`;
}

// The text of a fix, with a button for each upload option that it names.
export function Fix({ fix, onApply }) {
  return html`<span class="wrapping">${worded(fix)}</span>
    ${onApply &&
    optionsOf(fix).map(
      (option) => html`<button key=${option.name} type="button" class="small" onClick=${() => onApply(option)}>
        Apply ${option.name}=${option.value}
      </button>`,
    )}`;
}
