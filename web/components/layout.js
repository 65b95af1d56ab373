// The frame of every page: navigation, theme switch, sign-out, and the region for short messages.
import { html, useState } from "../vendor/htm/preact.js";
import { BASE, forgetKey, key } from "../api.js";
import { navigation } from "../router.js";
import { setTheme, theme } from "../theme.js";
import { Toasts } from "./toast.js";

export function Layout({ path, children }) {
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <div class="layout">
      <nav class="side" aria-label="Main">
        <a class="brand" href="#/jobs"><${Icon} size=${20} path=${LOGO} /> Backprop</a>
        <ul>
          ${navigation.map((entry) => html`<li key=${entry.path}><${Entry} entry=${entry} path=${path} /></li>`)}
        </ul>
        <div class="side-end">
          <a href=${new URL("docs", BASE)} class="quiet">API</a>
          <${ThemeSwitch} />
          ${key() && html`<button type="button" class="plain" onClick=${signOut}>Sign out</button>`}
        </div>
      </nav>
      <main id="main" tabindex="-1">${children}</main>
    </div>
    <${Toasts} />
  `;
}

function Entry({ entry, path }) {
  const current = path === entry.path || path.startsWith(`${entry.path}/`);
  return html`<a href=${`#${entry.path}`} aria-current=${current ? "page" : null}><${Icon} path=${entry.icon} />${entry.label}</a>`;
}

// A drawing of 16 × 16 in the color of the text.
export function Icon({ path, size = 16 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>`;
}

function ThemeSwitch() {
  const [chosen, setChosen] = useState(theme());
  const choose = (event) => {
    setTheme(event.target.value);
    setChosen(event.target.value);
  };
  return html`
    <select class="plain" aria-label="Theme" value=${chosen} onChange=${choose}>
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function signOut() {
  forgetKey();
  location.reload();
}

const LOGO = "M3 3v10M3 8h5a4 4 0 0 0 4-4M8 8a4 4 0 0 1 4 4M3 3h.01M3 13h.01M13 3h.01M13 13h.01";
