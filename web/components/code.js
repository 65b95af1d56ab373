// Text to copy: <CodeBlock text label="curl" />, <CopyButton text />, and <Json value /> for formatted JSON.
import { html } from "../vendor/htm/preact.js";
import { toast } from "./toast.js";

export function CodeBlock({ text, label = "Code" }) {
  return html`
    <div class="code">
      <pre tabindex="0" role="region" aria-label=${label}><code>${text}</code></pre>
      <${CopyButton} text=${text} label=${`Copy ${label}`} />
    </div>
  `;
}

export const Json = ({ value, label = "JSON" }) => html`<${CodeBlock} text=${JSON.stringify(value, null, 2)} label=${label} />`;

export function CopyButton({ text, label = "Copy", children = "Copy" }) {
  return html`<button type="button" class="copy" aria-label=${label} onClick=${() => copy(text)}>${children}</button>`;
}

// The clipboard needs a secure context: https, or this machine. Elsewhere, the text is selected in a field.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    toast(copied ? "Copied" : "The browser did not allow copying", copied ? "info" : "bad");
  }
}
