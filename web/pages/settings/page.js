// Settings: keys, projects, webhooks, usage, workers and the audit log, each in a tab.
import { html } from "../../vendor/htm/preact.js";
import { link } from "../../router.js";
import { PageHeader } from "../../components/page_header.js";
import { Audit } from "./audit.js";
import { Keys } from "./keys.js";
import { Projects } from "./projects.js";
import { Usage } from "./usage.js";
import { Webhooks } from "./webhooks.js";
import { Workers } from "./workers.js";

const TABS = { usage: ["Usage", Usage], webhooks: ["Webhooks", Webhooks], keys: ["API keys", Keys], projects: ["Projects", Projects], workers: ["Workers", Workers], audit: ["Audit log", Audit] };

export default function SettingsPage({ query }) {
  const tab = TABS[query.tab] ? query.tab : "usage";
  return html`
    <${PageHeader} title="Settings" />
    <nav class="tabs" aria-label="Settings">
      ${Object.entries(TABS).map(([name, [title]]) => html`<a key=${name} href=${link("/settings", { tab: name })} aria-current=${name === tab ? "page" : null}>${title}</a>`)}
    </nav>
    <div class="stack"><${TABS[tab][1]} key=${tab} /></div>
  `;
}
