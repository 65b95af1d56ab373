// Talk to the HTTP API: JSON requests with the key, problem documents as exceptions, and streams of events.

export const BASE = new URL("../../", import.meta.url); // the service, also below a path of a proxy
const KEY = `backprop:key:${BASE.pathname}`;

// A problem document (RFC 9457) as an exception: status, code, title, detail, errors, request_id.
export class Problem extends Error {
  constructor(document, retryAfter = null) {
    super(document.detail ?? document.title);
    Object.assign(this, { title: document.title, detail: document.detail, code: document.code, status: document.status });
    Object.assign(this, { errors: document.errors ?? [], request_id: document.request_id, retryAfter });
  }
}

const UNREACHABLE = {
  title: "The service cannot be reached",
  code: "unreachable",
  status: 0,
  detail: "Check that the service runs and that this computer can reach it.",
};

export const key = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);

export function saveKey(text, remember) {
  forgetKey();
  (remember ? localStorage : sessionStorage).setItem(KEY, text);
}

export function forgetKey() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

const listeners = new Set();

// Call `listener` whenever a request was refused because a valid key is missing. Returns what removes it.
export function onUnauthenticated(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The address of a path such as /v1/jobs, with a query.
export function address(path, query = {}) {
  const isComplete = path.startsWith(BASE.pathname); // links of responses begin with the proxy's path
  const url = new URL(isComplete ? path : path.replace(/^\//, ""), BASE);
  for (const [name, value] of Object.entries(query)) if (value != null && value !== "") url.searchParams.set(name, value);
  return url;
}

// Send a request; return the Response if its status is 2xx or 304, and throw a Problem otherwise.
// Options: query, body (an object is sent as JSON, anything else as it is), headers, signal, apiKey.
export async function send(method, path, { query, body, headers = {}, signal, apiKey = key() } = {}) {
  const isJson = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
  const all = { Accept: "application/json", ...(isJson && { "Content-Type": "application/json" }), ...headers };
  if (apiKey) all.Authorization = `Bearer ${apiKey}`;
  if (method === "POST" && !all["Idempotency-Key"]) all["Idempotency-Key"] = randomId();
  const init = { method, headers: all, body: isJson ? JSON.stringify(body) : body, signal, cache: "no-store" };
  let response;
  try {
    response = await fetch(address(path, query), { ...init, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(UNREACHABLE);
  }
  if (response.ok || response.status === 304) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && apiKey === key()) listeners.forEach((listener) => listener(problem));
  throw problem;
}

async function problemOf(response) {
  const known = await response.json().catch(() => null);
  const document = known?.title ? known : { title: `HTTP ${response.status}`, detail: response.statusText };
  return new Problem({ ...document, status: response.status }, Number(response.headers.get("Retry-After")) || null);
}

// Send a request and return the JSON of the response (null if it has no body).
export async function request(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 || response.status === 304 ? null : response.json();
}

export const get = (path, query, options) => request("GET", path, { query, ...options });
export const post = (path, body, options) => request("POST", path, { body, ...options });
export const put = (path, body, options) => request("PUT", path, { body, ...options });
export const remove = (path, options) => request("DELETE", path, options);

// Save a file of the API under its own name. The key is a header, so a plain link would not do.
export async function download(path, query, options = {}) {
  const response = await send("GET", path, { query, ...options, headers: { Accept: "*/*", ...options.headers } });
  const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(await response.blob());
  anchor.download = named?.[1] ?? path.split("/").pop();
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}

// Read a stream of server-sent events: call `onEvent({ id, type, data })` for each one until the stream ends.
export async function stream(path, { after = 0, signal, onEvent }) {
  const response = await send("GET", path, { query: { after }, signal, headers: { Accept: "text/event-stream" } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const messages = (rest + part.value).split("\n\n");
    rest = messages.pop();
    for (const message of messages) if (!message.startsWith(":")) onEvent(eventOf(message));
  }
}

function eventOf(message) {
  const fields = Object.fromEntries(message.split("\n").map((line) => line.split(/: (.*)/s)));
  return { id: Number(fields.id), type: fields.event, data: JSON.parse(fields.data) };
}

// A random name for requests that must not be carried out twice.
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
