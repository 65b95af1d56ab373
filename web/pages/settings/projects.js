// Projects: everything belongs to one, and others do not see it. Needs an admin key.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, post, remove } from "../../api.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { TextField } from "../../components/fields.js";
import { PagedTable } from "../../components/paged_table.js";
import { FormPanel } from "../../components/secret.js";
import { Time } from "../../components/time.js";

export function Projects() {
  const [round, setRound] = useState(0);
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const reload = () => setRound(round + 1);
  const create = async () => {
    await post("/v1/projects", { name, retention_days: days ? Number(days) : null });
    setName("");
    reload();
  };
  const erase = (project) => async () => {
    await remove(`/v1/projects/${project.id}`);
    reload();
  };
  const columns = [
    { key: "name", title: "Name", render: (project) => html`<strong>${project.name}</strong><span class="sub">${project.id}</span>` },
    { key: "retention_days", title: "Ended jobs are kept", render: (project) => (project.retention_days == null ? "by the service's setting" : `${project.retention_days} days`) },
    { key: "created_at", title: "Created", compact: true, render: (project) => html`<${Time} time=${project.created_at} />` },
    { key: "action", title: "", align: "right", render: (project) => html`<${ConfirmButton} label="Delete" question=${`Delete ${project.name}?`} detail="Only projects without keys and data can be deleted." danger onConfirm=${erase(project)} />` },
  ];
  return html`
    <${Card} title="New project">
      <${FormPanel} submit="Create project" onSubmit=${create} disabled=${!name}>
        <${TextField} label="Name" value=${name} maxlength="200" onInput=${setName} />
        <${TextField} label="Days to keep ended jobs (optional)" type="number" min="1" value=${days} onInput=${setDays} />
      <//>
    <//>
    <${PagedTable} label="Projects" deps=${[round]} columns=${columns} load=${(cursor, signal) => get("/v1/projects", { cursor, limit: 50 }, { signal })} emptyTitle="No projects" />
  `;
}
