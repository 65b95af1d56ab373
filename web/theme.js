// Light or dark: as the system says, unless the user chose. Canvases redraw on the event "themechange" of window.

const NAME = "backprop:theme";

export const theme = () => localStorage.getItem(NAME) ?? "system";

export function setTheme(name) {
  if (name === "system") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, name);
  applyTheme();
}

export function applyTheme() {
  if (theme() === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme();
  window.dispatchEvent(new Event("themechange"));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);

// The value of a color of styles.css, such as "accent", as canvases take it.
export function color(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
