// Send files as data sets: small ones in one request, large ones in parts that continue after a broken connection.
// One file is sent at a time. It goes on while the reader looks at other pages; `useUpload` shows its state anywhere.

import { address, key, Problem, randomId } from "./api.js";
import { useEffect, useState } from "./vendor/htm/preact.js";

const PART_BYTES = 8_000_000; // larger files are sent in parts of this size
const ATTEMPTS = 8; // in a row without any progress, with waits of 0.5 to 30 seconds
const MEDIA_TYPES = [
  [/\.(csv|tsv|txt)$/, "text/csv"],
  [/\.(parquet|pq)$/, "application/vnd.apache.parquet"],
  [/\.(ndjson|jsonl)$/, "application/x-ndjson"],
  [/\.npz$/, "application/x-npz"],
];
export const EXTENSIONS = [".csv", ".tsv", ".txt", ".parquet", ".pq", ".ndjson", ".jsonl", ".npz", ".gz"].join(",");

// data set id → {file, options}, so that a file can be read again with other options.
const sentFiles = new Map();
export const fileOf = (datasetId) => sentFiles.get(datasetId);

// state: null, or {file, options, sent, phase: "sending" | "reading" | "done" | "failed", waiting, problem, dataset}
let state = null;
let controller = null;
const watchers = new Set();

function change(changes) {
  state = changes && { ...state, ...changes };
  for (const watcher of watchers) watcher(state);
}

// The state of the current upload, or null; the component is drawn again when it changes.
export function useUpload() {
  const [shown, show] = useState(state);
  useEffect(() => {
    watchers.add(show);
    show(state);
    return () => watchers.delete(show);
  }, []);
  return shown;
}

export const clearUpload = () => change(null);

export function cancelUpload() {
  controller?.abort();
  clearUpload();
}

// Send a file with reading options (query parameters); resolves with the data set, or null if the file was rejected.
export async function startUpload(file, options) {
  controller?.abort();
  const own = (controller = new AbortController());
  state = null;
  change({ file, options, sent: 0, phase: "sending", waiting: false, problem: null, dataset: null });
  const show = (changes) => own === controller && change(changes);
  const progress = (sent) => show({ sent, waiting: false, phase: sent < file.size ? "sending" : "reading" });
  try {
    const send = file.size > PART_BYTES ? sendInParts : sendWhole;
    const dataset = await send(file, query(file, options), { progress, signal: own.signal, wait: () => show({ waiting: true }) });
    sentFiles.set(dataset.id, { file, options });
    show({ phase: "done", dataset });
    return own === controller ? dataset : null;
  } catch (error) {
    if (error.name !== "AbortError") show({ phase: "failed", problem: error });
    return null;
  }
}

function query(file, options) {
  const given = Object.entries({ name: file.name.replace(/\.gz$/i, "").replace(/\.\w+$/, ""), ...options });
  return new URLSearchParams(given.filter(([, value]) => value !== "" && value != null)).toString();
}

function fileHeaders(file) {
  const name = file.name.toLowerCase();
  const type = MEDIA_TYPES.find(([pattern]) => pattern.test(name.replace(/\.gz$/, "")))?.[1] ?? "text/csv";
  return name.endsWith(".gz") ? { "Content-Type": type, "Content-Encoding": "gzip" } : { "Content-Type": type };
}

async function sendWhole(file, parameters, { progress, signal }) {
  const headers = { ...fileHeaders(file), "Idempotency-Key": randomId() };
  return (await request("POST", `/v1/datasets?${parameters}`, headers, file, { progress, signal })).json;
}

async function sendInParts(file, parameters, watch) {
  const remembered = `upload:${file.name}:${file.size}:${file.lastModified}:${parameters}`;
  let path = localStorage.getItem(remembered);
  let offset = path && (await offsetOf(path, watch).catch(() => null));
  let failures = 0;
  for (;;) {
    try {
      if (offset == null) ({ path, offset } = await beginUpload(file, parameters, remembered, watch));
      const answer = await sendPart(file, path, offset, watch);
      failures = 0;
      offset = Math.min(offset + PART_BYTES, file.size);
      if (answer.json) return forget(remembered, answer.json);
    } catch (error) {
      if (!isTemporary(error) || ++failures >= ATTEMPTS) {
        if (!isTemporary(error)) forget(remembered);
        throw error;
      }
      watch.wait();
      await pause(error, failures, watch.signal);
      if (path) offset = await offsetOf(path, watch).catch((again) => (again.status === 404 ? null : offset));
    }
  }
}

function forget(remembered, dataset) {
  localStorage.removeItem(remembered);
  return dataset;
}

async function beginUpload(file, parameters, remembered, { signal }) {
  const headers = { ...fileHeaders(file), "Upload-Complete": "?0", "Upload-Length": file.size };
  const answer = await request("POST", `/v1/datasets?${parameters}`, headers, "", { signal });
  const path = answer.header("Location");
  localStorage.setItem(remembered, path);
  return { path, offset: 0 };
}

function sendPart(file, path, offset, { progress, signal }) {
  const end = offset + PART_BYTES;
  const headers = {
    "Content-Type": "application/partial-upload",
    "Upload-Offset": offset,
    "Upload-Complete": end >= file.size ? "?1" : "?0",
  };
  const watched = { signal, progress: (sent) => progress(offset + sent) };
  return request("PATCH", path, headers, file.slice(offset, end), watched);
}

async function offsetOf(path, { signal }) {
  return Number((await request("HEAD", path, {}, null, { signal })).header("Upload-Offset"));
}

const isTemporary = (error) => error.status === 0 || error.status === 409 || error.status === 429 || error.status >= 500;

function pause(error, failures, signal) {
  const seconds = Math.max(Number(error.retryAfter ?? 0), Math.min(30, 0.25 * 2 ** failures) * (0.5 + Math.random() / 2));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("", "AbortError"));
    });
  });
}

// fetch does not report how much of a body was sent, so this is an XMLHttpRequest.
function request(method, path, headers, body, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, address(path));
    const all = key() ? { ...headers, Authorization: `Bearer ${key()}` } : headers;
    for (const [name, value] of Object.entries(all)) xhr.setRequestHeader(name, value);
    if (progress) xhr.upload.onprogress = (event) => progress(event.loaded);
    xhr.onload = () => {
      const json = parsed(xhr.responseText);
      if (xhr.status < 300) return resolve({ json, header: (name) => xhr.getResponseHeader(name) });
      const title = `HTTP ${xhr.status}`;
      return reject(new Problem({ title, ...json, status: xhr.status }, Number(xhr.getResponseHeader("Retry-After"))));
    };
    xhr.onerror = () => reject(new Problem(LOST));
    xhr.onabort = () => reject(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", () => xhr.abort());
    xhr.send(body);
  });
}

const LOST = { title: "The connection was lost", status: 0, detail: "Check that the service runs, then send the file again." };

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
