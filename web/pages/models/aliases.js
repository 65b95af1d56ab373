// Names that applications use for a model: give the model a name, or move a name to it from another model.
import { html, useState } from "../../vendor/htm/preact.js";
import { get, put, send } from "../../api.js";
import { useLoad } from "../../live.js";
import { Badge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { ConfirmButton } from "../../components/dialog.js";
import { TextField } from "../../components/fields.js";
import { ProblemPanel } from "../../components/problem.js";
import { toast } from "../../components/toast.js";

export function Aliases({ model }) {
  const { data, error, reload } = useLoad((signal) => get("/v1/aliases", { limit: 100 }, { signal }));
  const [name, setName] = useState("");
  const current = data?.data.find((alias) => alias.name === name);
  const own = data?.data.filter((alias) => alias.model_id === model.id) ?? [];
  // The version that the reader saw decides: a name that somebody moved in the meantime is not moved again.
  const set = async () => {
    const path = `/v1/aliases/${encodeURIComponent(name)}`;
    const etag = current && (await send("GET", path)).headers.get("ETag");
    await put(path, { model_id: model.id }, { headers: etag ? { "If-Match": etag } : { "If-None-Match": "*" } });
    toast(`${name} is now answered by ${model.name}`);
    setName("");
    reload();
  };
  const detail = current ? `Applications that use ${name} get predictions of this model at once. The previous model is kept.` : `Applications can predict with POST /v1/aliases/${name}/predictions.`;
  return html`
    <${Card} title="Aliases">
      ${error && html`<${ProblemPanel} problem=${error} />`}
      <p>${own.length ? own.map((alias) => html`<${Badge} tone="info">${alias.name}<//> `) : html`<span class="quiet">No name points to this model.</span>`}</p>
      <${TextField} label="Name" value=${name} placeholder="production" hint="A name stays when the model behind it changes." onInput=${(text) => setName(text.trim())} />
      ${name && html`<${ConfirmButton} key=${name} label=${current ? "Move the name here" : "Set the name"} question=${`${current ? "Move" : "Set"} ${name}?`} detail=${detail} onConfirm=${set} disabled=${current?.model_id === model.id} />`}
    <//>
  `;
}
