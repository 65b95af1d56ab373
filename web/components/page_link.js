// A link to another page, or plain text (a button: nothing) if this dashboard has no such page:
// <PageLink path="/models/mdl_1">Model</PageLink>
import { html } from "../vendor/htm/preact.js";
import { link, match } from "../router.js";

export function PageLink({ path, query, children, ...rest }) {
  if (match(path)) return html`<a href=${link(path, query)} ...${rest}>${children}</a>`;
  return rest.class?.startsWith("button") ? null : html`<span>${children}</span>`;
}
