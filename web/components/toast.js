// Short messages at the edge of the page: toast("Copied"), toast("Upload failed", "bad"). Screen readers announce them.
import { html, useEffect, useState } from "../vendor/htm/preact.js";

const SECONDS = 6;
let show = () => undefined;
let count = 0;

export function toast(text, tone = "info") {
  show({ id: (count += 1), text, tone });
}

export function Toasts() {
  const [messages, setMessages] = useState([]);
  const drop = (id) => setMessages((old) => old.filter((message) => message.id !== id));
  useEffect(() => {
    show = (message) => {
      setMessages((old) => [...old.slice(-3), message]);
      setTimeout(() => drop(message.id), SECONDS * 1000);
    };
  }, []);
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${messages.map(
        (each) => html`
          <div key=${each.id} class=${`toast ${each.tone}`}>
            ${each.text}
            <button type="button" class="plain" aria-label="Dismiss" onClick=${() => drop(each.id)}>×</button>
          </div>
        `,
      )}
    </div>
  `;
}
