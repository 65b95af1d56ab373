// A place to drop a file: <DropZone onFile=${(file) => …}>Drop a CSV file here, or choose one</DropZone>.
import { html, useRef, useState } from "../vendor/htm/preact.js";

export function DropZone({ onFile, accept = ".csv,.tsv,.parquet,.ndjson,.npz,.gz", children }) {
  const input = useRef();
  const [over, setOver] = useState(false);
  const dropped = (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  };
  const dragged = (event) => {
    event.preventDefault();
    setOver(event.type === "dragover");
  };
  const chosen = () => input.current.files[0] && onFile(input.current.files[0]);
  return html`
    <div class=${`drop ${over ? "over" : ""}`} onDragOver=${dragged} onDragLeave=${dragged} onDrop=${dropped}>
      <p>${children}</p>
      <button type="button" onClick=${() => input.current.click()}>Choose a file</button>
      <input ref=${input} type="file" hidden accept=${accept} aria-label="File" onChange=${chosen} />
    </div>
  `;
}
