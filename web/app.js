// Start the dashboard: choose the page by the address, and ask for a key when the service wants one.
import { html, render, useEffect, useState } from "./vendor/htm/preact.js";
import { onUnauthenticated } from "./api.js";
import { Layout } from "./components/layout.js";
import { Login } from "./components/login.js";
import { ProblemPanel } from "./components/problem.js";
import { Loading } from "./components/loading.js";
import { currentRoute, match } from "./router.js";
import { applyTheme } from "./theme.js";

function App() {
  const [route, setRoute] = useState(currentRoute());
  const [locked, setLocked] = useState(false);
  useEffect(() => {
    const changed = () => setRoute(currentRoute());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  useEffect(() => onUnauthenticated(() => setLocked(true)), []);
  if (locked) return html`<${Login} onDone=${() => setLocked(false)} />`;
  return html`<${Layout} path=${route.path}><${Page} key=${route.path} route=${route} /><//>`;
}

// Load the module of the page when it is first shown.
function Page({ route }) {
  const [loaded, setLoaded] = useState({});
  const found = match(route.path);
  useEffect(() => {
    document.title = found ? `${found.route.title} · Backprop` : "Backprop";
    if (!found) return;
    found.route.load().then(
      (module) => setLoaded({ view: module.default }),
      () => setLoaded({ error: { title: "This page could not be loaded.", detail: OUTDATED } }),
    );
  }, []);
  if (!found) return html`<${ProblemPanel} problem=${{ title: "Page not found", detail: `There is no page ${route.path}.` }} />`;
  if (loaded.error) return html`<${ProblemPanel} problem=${loaded.error} onRetry=${() => location.reload()} />`;
  if (!loaded.view) return html`<${Loading} />`;
  return html`<${loaded.view} params=${found.params} query=${route.query} />`;
}

const OUTDATED = "The service cannot be reached, or it was updated. Load the page again.";

applyTheme();
render(html`<${App} />`, document.getElementById("app"));
