// API keys: create (the key is shown once), see when each was used, revoke.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, key, post } from "../../api.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { CheckboxField, TextField } from "../../components/fields.js";
import { PagedTable } from "../../components/paged_table.js";
import { FormPanel, SecretDialog } from "../../components/secret.js";
import { Time } from "../../components/time.js";
import { toast } from "../../components/toast.js";

const SCOPES = { read: "read: list, get, predict", write: "write: create, change, delete", admin: "admin: projects, keys, workers, audit log" };

export function Keys() {
  const [round, setRound] = useState(0);
  const [created, setCreated] = useState(null);
  const reload = () => setRound(round + 1);
  const revoke = (key) => async () => {
    await post(`/v1/keys/${key.id}/revoke`);
    toast(`Revoked ${key.name}`);
    reload();
  };
  const columns = [
    { key: "name", title: "Name", render: (key) => html`<strong>${key.name}</strong><span class="sub">${key.id}</span>` },
    { key: "scopes", title: "Scopes", render: (key) => key.scopes.map((scope) => html`<${Badge} tone=${scope === "admin" ? "warn" : "quiet"}>${scope}<//> `) },
    { key: "project_id", title: "Project", compact: true },
    { key: "used", title: "Last used", compact: true, render: (key) => html`<${Time} time=${key.last_used_at} />` },
    { key: "expires_at", title: "Expires", compact: true, render: (key) => (key.expires_at ? html`<${Time} time=${key.expires_at} />` : "never") },
    { key: "action", title: "", align: "right", render: (key) => (key.revoked_at ? html`<${Badge} tone="bad">revoked<//>` : html`<${ConfirmButton} label="Revoke" question=${`Revoke ${key.name}?`} detail="Requests with this key are rejected within a second. This cannot be undone." danger onConfirm=${revoke(key)} />`) },
  ];
  return html`
    ${created && html`<${SecretDialog} title="The new key" text=${created} onClose=${() => setCreated(null)}>Send it as <code>Authorization: Bearer …</code>.<//>`}
    <${Card} title="New key"><${NewKey} onCreated=${(key) => (setCreated(key.key), reload())} /><//>
    <${PagedTable} label="API keys" deps=${[round]} columns=${columns} load=${(cursor, signal) => get("/v1/keys", { cursor, limit: 50 }, { signal })}
      emptyTitle="No keys yet" empty=${html`<p>Without keys, only programs on this machine can use the service. As soon as the first key exists, every request needs one, and this page asks for it. Make the first one an admin key.</p>`} />
  `;
}

function NewKey({ onCreated }) {
  const [name, setName] = useState("");
  const [until, setUntil] = useState("");
  const [scopes, setScopes] = useState(key() ? ["read", "write"] : Object.keys(SCOPES)); // the first key must create the others
  const submit = async () => {
    const body = { name, scopes, ...(until && { expires_at: new Date(`${until}T23:59:59`).toISOString() }) };
    onCreated(await post("/v1/keys", body));
    setName("");
  };
  const toggle = (scope) => (checked) => setScopes(Object.keys(SCOPES).filter((each) => (each === scope ? checked : scopes.includes(each))));
  return html`
    <${FormPanel} submit="Create key" onSubmit=${submit} disabled=${!name || !scopes.length}>
      <${TextField} label="Name" value=${name} placeholder="shop, production" maxlength="200" onInput=${setName} />
      <${TextField} label="Valid until (optional)" type="date" value=${until} onInput=${setUntil} />
      <div>${Object.entries(SCOPES).map(([scope, text]) => html`<${CheckboxField} key=${scope} label=${text} checked=${scopes.includes(scope)} onChange=${toggle(scope)} />`)}</div>
    <//>
  `;
}
