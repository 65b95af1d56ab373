// Webhooks: create (the secret is shown once), test, rotate the secret, pause, delete, and see and replay deliveries.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, post, remove, request } from "../../api.js";
import { dateTime } from "../../format.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { CodeBlock } from "../../components/code.js";
import { ConfirmButton, Dialog } from "../../components/dialog.js";
import { TextField } from "../../components/fields.js";
import { PagedTable } from "../../components/paged_table.js";
import { FormPanel, SecretDialog } from "../../components/secret.js";
import { Time } from "../../components/time.js";
import { toast } from "../../components/toast.js";

const TONES = { delivered: "good", failed: "bad", pending: "info" };

export function Webhooks() {
  const [round, setRound] = useState(0);
  const [secret, setSecret] = useState(null);
  const [shown, setShown] = useState(null);
  const reload = () => setRound((count) => count + 1);
  const act = (work, done) => async () => {
    const answer = await work();
    if (answer?.secret) setSecret(answer.secret);
    if (done) toast(done);
    reload();
  };
  const columns = [
    { key: "url", title: "URL", render: (hook) => html`<button type="button" class="plain" aria-expanded=${shown?.id === hook.id} onClick=${() => setShown(hook)}>${hook.url}</button><span class="sub">${hook.description}</span>` },
    { key: "events", title: "Events", compact: true, render: (hook) => hook.events.join(", ") },
    { key: "enabled", title: "State", render: (hook) => html`<${Badge} tone=${hook.enabled ? (hook.failing_since ? "warn" : "good") : "bad"}>${hook.enabled ? (hook.failing_since ? "failing" : "enabled") : `disabled: ${hook.disabled_reason}`}<//>` },
    { key: "actions", title: "", align: "right", render: (hook) => html`<${Actions} hook=${hook} act=${act} />` },
  ];
  return html`
    ${secret && html`<${SecretDialog} title="The secret of the webhook" text=${secret} onClose=${() => setSecret(null)}>Check the signatures of requests with it.<//>`}
    <${Card} title="New webhook"><${NewWebhook} onCreate=${(body) => act(() => post("/v1/webhooks", body))()} /><//>
    <${PagedTable} label="Webhooks" deps=${[round]} columns=${columns} load=${(cursor, signal) => get("/v1/webhooks", { cursor, limit: 50 }, { signal })}
      emptyTitle="No webhooks yet" empty=${html`<p>A webhook tells your application when a job starts or ends, so that it does not have to ask.</p>`} />
    ${shown && html`<${Deliveries} key=${shown.id} hook=${shown} />`}
  `;
}

function Actions({ hook, act }) {
  const path = `/v1/webhooks/${hook.id}`;
  const tried = (work, done) => () => act(work, done)().catch((problem) => toast(problem.detail, "bad"));
  return html`<span class="row">
    <button type="button" onClick=${tried(() => post(`${path}/test`), "A test event is on its way; see the deliveries")}>Test</button>
    <button type="button" onClick=${tried(() => request("PATCH", path, { body: { enabled: !hook.enabled } }))}>${hook.enabled ? "Disable" : "Enable"}</button>
    <${ConfirmButton} label="Rotate" question="Rotate the secret?" detail="Requests are signed with the old and the new secret for a day." onConfirm=${act(() => post(`${path}/rotate`, { overlap_seconds: 86400 }))} />
    <${ConfirmButton} label="Delete" question="Delete this webhook?" detail=${`Nothing is sent to ${hook.url} any more.`} danger onConfirm=${act(() => remove(path))} />
  </span>`;
}

function NewWebhook({ onCreate }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState("*");
  const [description, setDescription] = useState("");
  const submit = async () => {
    await onCreate({ url, description, events: events.split(/[\s,]+/).filter(Boolean) });
    setUrl("");
  };
  return html`
    <${FormPanel} submit="Create webhook" onSubmit=${submit} disabled=${!url}>
      <${TextField} label="URL" type="url" value=${url} placeholder="https://example.com/hooks" onInput=${setUrl} />
      <${TextField} label="Events" value=${events} hint="* for all, or such as job.succeeded, job.failed" onInput=${setEvents} />
      <${TextField} label="Description (optional)" value=${description} onInput=${setDescription} />
    <//>
  `;
}

function Deliveries({ hook }) {
  const [round, setRound] = useState(0);
  const [open, setOpen] = useState(null);
  const path = `/v1/webhooks/${hook.id}/deliveries`;
  const reload = () => setRound((count) => count + 1);
  const replay = async (delivery) => {
    await post(`${path}/${delivery.id}/replay`).then(() => toast("Sent again"), (problem) => toast(problem.detail, "bad"));
    reload();
  };
  const columns = [
    { key: "type", title: "Event", render: (each) => html`<button type="button" class="plain" onClick=${() => setOpen(each)}>${each.type}</button>` },
    { key: "state", title: "State", render: (each) => html`<${Badge} tone=${TONES[each.state]}>${each.state}<//>` },
    { key: "status", title: "Answer", render: (each) => each.status ?? each.error ?? "–" },
    { key: "attempts", title: "Attempts", align: "right", compact: true },
    { key: "created_at", title: "Created", compact: true, render: (each) => html`<${Time} time=${each.created_at} />` },
    { key: "replay", title: "", align: "right", render: (each) => html`<button type="button" onClick=${() => replay(each)}>Replay</button>` },
  ];
  return html`
    <${PagedTable} label="Deliveries to ${hook.url}" deps=${[round]} columns=${columns} load=${(cursor, signal) => get(path, { cursor, limit: 20 }, { signal })}
      actions=${html`<button type="button" onClick=${reload}>Refresh</button>`} emptyTitle="Nothing was delivered yet" empty=${html`<p>Send a test event, or start a job.</p>`} />
    ${open &&
    html`<${Dialog} title=${open.type} onClose=${() => setOpen(null)}>
      <p>${open.error ?? `HTTP ${open.status ?? "–"}`} · ${dateTime(open.attempted_at)}${open.next_attempt_at ? ` · next attempt ${dateTime(open.next_attempt_at)}` : ""}</p>
      <${CodeBlock} label="body" text=${open.body} />
      ${open.response && html`<h3>Response</h3><${CodeBlock} label="response" text=${open.response} />`}
      <div class="dialog-actions"><button type="button" onClick=${() => setOpen(null)}>Close</button></div>
    <//>`}
  `;
}
