// How a network learned: the training report of a job, the same that can be saved as a file, with what a file cannot do:
// the parts of a step play one after another, and a slider shows the numbers of each layer epoch by epoch.
import { html, useEffect, useRef } from "../vendor/htm/preact.js";
import { address, download, key, send } from "../api.js";
import { Loading } from "../components/loading.js";
import { PageHeader } from "../components/page_header.js";
import { ProblemPanel } from "../components/problem.js";
import { usePoll } from "../live.js";
import { link } from "../router.js";

const PAUSE = 5; // seconds between two looks at a job that has not ended
const STEP_SECONDS = 4; // per part of a step that plays by itself
const ENDED = new Set(["succeeded", "failed", "canceled"]);
const PAGE = { Accept: "text/html" };

export default function Report({ params }) {
  const path = `/v1/jobs/${encodeURIComponent(params.id)}/report`;
  const last = useRef(null);
  const load = async (signal) => (last.current = await loadReport(path, signal, last.current));
  const { data: report, error, reload } = usePoll(load, (data) => (ENDED.has(data?.state) ? null : PAUSE), [path]);
  if (error && !report) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!report) return html`<${Loading} />`;
  const save = html`<button type="button" onClick=${() => download(path, {}, { headers: PAGE })}>Download report</button>`;
  return html`
    <${PageHeader} title=${report.title} back=${{ href: link(`/jobs/${params.id}`), label: "Job" }} actions=${save} />
    <${Content} report=${report} />
  `;
}

// Load the report. Returns `known` if it has not changed, so that the page keeps what its reader has chosen.
async function loadReport(path, signal, known) {
  const { document: parsed, etag } = await loadDocument(path, signal);
  if (known?.path === path && known.etag === etag) return known;
  const content = element("div", { className: "page" }, ...parsed.querySelector("main").childNodes);
  const title = content.querySelector("h1");
  title.remove();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(parsed.querySelector("template").content.textContent);
  return { path, etag, content, sheet, title: title.textContent, state: content.querySelector("[data-state]").dataset.state };
}

// Request a page as a document, in which no script runs. The policy of the dashboard forbids to parse texts as HTML.
function loadDocument(path, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address(path, { embedded: true }));
    request.responseType = "document";
    request.setRequestHeader("Accept", PAGE.Accept);
    if (key()) request.setRequestHeader("Authorization", `Bearer ${key()}`);
    const explain = () => send("GET", path, { signal }).then(() => reject(new Error("The report cannot be shown.")), reject);
    request.onload = () => {
      if (request.status !== 200 || !request.responseXML) explain();
      else resolve({ document: request.responseXML, etag: request.getResponseHeader("ETag") });
    };
    request.onerror = explain;
    signal.addEventListener("abort", () => request.abort());
    request.send();
  });
}

// The report in a tree of its own, so that its style and that of the dashboard do not mix.
function Content({ report }) {
  const host = useRef(null);
  useEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [report.sheet];
    root.replaceChildren(report.content);
    addSlider(root);
    return addPlayer(root);
  }, [report]);
  return html`<div class="report" ref=${host}></div>`;
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A button that shows the parts of a step one after another. Returns what stops it.
function addPlayer(root) {
  const parts = [...root.querySelectorAll(".steps input")];
  if (!parts.length || root.querySelector(".tools")) return () => {};
  const button = element("button", { type: "button", textContent: "Play" });
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  const next = () => (parts[(parts.findIndex((part) => part.checked) + 1) % parts.length].checked = true);
  button.addEventListener("click", () => {
    if (timer !== null) return stop();
    next();
    timer = setInterval(next, STEP_SECONDS * 1000);
    button.textContent = "Stop";
  });
  parts.forEach((part) => part.addEventListener("change", stop));
  root.querySelector(".steps").before(element("div", { className: "tools" }, button));
  return stop;
}

// A slider over the measured epochs: it marks the epoch in the maps, and lists the numbers of each layer.
function addSlider(root) {
  const maps = [...root.querySelectorAll(".layer-maps figure")];
  const epochs = maps.length ? [...maps[0].querySelectorAll("[data-epoch]")].map((column) => column.dataset.epoch) : [];
  if (epochs.length < 2 || root.querySelector(".scrubber")) return;
  const slider = element("input", { type: "range", min: 0, max: epochs.length - 1, value: epochs.length - 1 });
  const chosen = element("output");
  const body = element("tbody");
  const heads = ["Layer", ...maps.map((map) => map.querySelector("figcaption").textContent)];
  const head = element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { textContent: text }))));
  const show = () => {
    const epoch = epochs[slider.value];
    chosen.textContent = epoch;
    slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    body.replaceChildren(...rowsOf(maps, epoch));
    for (const column of root.querySelectorAll("[data-epoch]")) column.classList.toggle("chosen", column.dataset.epoch === epoch);
  };
  slider.addEventListener("input", show);
  const label = element("label", { className: "scrubber" }, "Epoch ", slider, chosen);
  maps[0].before(label, element("div", { className: "scroll", tabIndex: 0 }, element("table", {}, head, body)));
  show();
}

// One row per layer with the numbers of an epoch, as the titles in the maps say them.
function rowsOf(maps, epoch) {
  const columns = maps.map((map) => [...(map.querySelector(`[data-epoch="${epoch}"]`)?.querySelectorAll("title") ?? [])]);
  const names = [...maps[0].querySelectorAll("[data-layer]")].map((name) => name.textContent);
  return names.map((name, row) => {
    const values = columns.map((titles) => titles[row]?.textContent.split(": ").at(-1) ?? "");
    return element("tr", {}, element("th", { scope: "row", textContent: name }), ...values.map((text) => element("td", { textContent: text })));
  });
}
