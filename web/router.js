// Addresses of pages are hashes such as #/jobs/job_1?tab=layers. `routes` lists the pages; each module has a default
// export, a component with the properties `params` (parts of the path) and `query` (a plain object).

export const routes = [
  { path: "/jobs", title: "Jobs", load: () => import("./pages/jobs.js") },
  { path: "/jobs/:id/report", title: "Training report", load: () => import("./pages/report.js") },
  { path: "/jobs/:id", title: "Job", load: () => import("./pages/job.js") },
  { path: "/datasets", title: "Data sets", load: () => import("./pages/datasets/list.js") },
  { path: "/datasets/:id", title: "Data set", load: () => import("./pages/datasets/dataset.js") },
  { path: "/models", title: "Models", load: () => import("./pages/models/list.js") },
  { path: "/models/:id", title: "Model", load: () => import("./pages/models/model.js") },
  { path: "/settings", title: "Settings", load: () => import("./pages/settings/page.js") },
  { path: "/new", title: "New job", load: () => import("./pages/new_job/page.js") },
];

// Entries of the navigation. `icon` is the path of a 16 × 16 drawing (SVG, stroked).
export const navigation = [
  { path: "/jobs", label: "Jobs", icon: "M2 4h12M2 8h12M2 12h7" },
  { path: "/new", label: "New job", icon: "M8 3v10M3 8h10" },
  { path: "/datasets", label: "Data sets", icon: "M2 3h12v10H2zM2 6.5h12M2 10h12M6.5 3v10" },
  { path: "/models", label: "Models", icon: "M8 2l5.5 3v6L8 14l-5.5-3V5zM8 8v6M8 8l5.5-3M8 8L2.5 5" },
  { path: "/settings", label: "Settings", icon: "M2 4h6M12 4h2M2 12h2M8 12h6M8 4a2 2 0 1 0 4 0a2 2 0 1 0-4 0M4 12a2 2 0 1 0 4 0a2 2 0 1 0-4 0" },
];

// The address of a page, for `href`: link("/jobs", { state: "running" }).
export function link(path, query = {}) {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value != null && value !== "")).toString();
  return `#${path}${text && `?${text}`}`;
}

// Go to a page. With `replace`, the browser's back button does not return to the present address.
export function go(path, query, { replace = false } = {}) {
  if (replace) location.replace(link(path, query));
  else location.hash = link(path, query);
}

export function currentRoute() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  return { path: path || "/jobs", query: Object.fromEntries(new URLSearchParams(query)) };
}

// The route of a path with its parameters, or undefined.
export function match(path) {
  for (const route of routes) {
    const names = route.path.split("/");
    const parts = path.split("/");
    if (names.length !== parts.length) continue;
    if (!names.every((name, at) => name === parts[at] || (name[0] === ":" && parts[at]))) continue;
    const pairs = names.map((name, at) => [name.slice(1), decoded(parts[at])]).filter((_, at) => names[at][0] === ":");
    return { route, params: Object.fromEntries(pairs) };
  }
  return undefined;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
