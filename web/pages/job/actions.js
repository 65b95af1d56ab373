// What can be done with a job in its state.
import { html, useState } from "../../vendor/htm/preact.js";
import { remove } from "../../api.js";
import { ConfirmButton } from "../../components/dialog.js";
import { PageLink } from "../../components/page_link.js";
import { toast } from "../../components/toast.js";
import { go } from "../../router.js";

export function Actions({ job, act }) {
  const [busy, setBusy] = useState(false);
  const has = (...states) => states.includes(job.state);
  const plain = (action, text, then = () => undefined) => async () => {
    setBusy(true);
    try {
      then(await act(action));
      if (text) toast(text);
    } catch (problem) {
      toast(`${problem.title}. ${problem.detail}`, "bad");
    }
    setBusy(false);
  };
  const erase = async () => {
    await remove(`/v1/jobs/${job.id}`);
    toast("The job is deleted");
    go("/jobs");
  };
  const retried = (created) => go(`/jobs/${created.id}`);
  return html`
    <${PageLink} path=${`/jobs/${job.id}/report`} class="button">How this network learned<//>
    ${job.model_id && html`<${PageLink} path=${`/models/${job.model_id}`} class="button">Open the model<//>`}
    ${has("running") && html`<button type="button" disabled=${busy || job.requested} onClick=${plain("pause", "Pausing at the next checkpoint")}>Pause</button>`}
    ${has("queued") && html`<button type="button" disabled=${busy} onClick=${plain("pause")}>Pause</button>`}
    ${(has("paused") || job.requested === "pause") && html`<button type="button" class="primary" disabled=${busy} onClick=${plain("resume")}>Resume</button>`}
    ${has("running", "paused") &&
    html`<${ConfirmButton} label="Stop" question="Finish the training now?" detail="The model gets the best weights so far. The job ends as succeeded." confirm="Stop and keep the model"
      busy=${busy || (job.requested && job.requested !== "pause")} onConfirm=${() => act("stop")} />`}
    ${has("running", "paused", "queued") &&
    html`<${ConfirmButton} label="Cancel" danger question="Cancel this job?" detail="The training ends without a model. This cannot be undone." confirm="Cancel the job"
      busy=${busy || job.requested === "cancel"} onConfirm=${() => act("cancel")} />`}
    ${job.finished_at && html`<button type="button" disabled=${busy} onClick=${plain("retry", "A new job with the same spec is queued", retried)}>Retry</button>`}
    ${job.finished_at &&
    html`<${ConfirmButton} label="Delete" danger question="Delete this job for good?" detail="Its metrics, events, checkpoints and its model are erased. This cannot be undone." onConfirm=${erase} />`}
  `;
}
